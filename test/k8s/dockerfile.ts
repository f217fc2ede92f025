/** One instruction of a Dockerfile, its lines joined. */
export interface Instruction {
  /** `FROM`, `COPY` … */
  readonly name: string
  readonly words: string
}

/** What is between one FROM and the next. */
export interface Stage {
  readonly image: string
  /** Null for the last one, which is the image. */
  readonly name: string | null
  readonly instructions: readonly Instruction[]
}

/** The stages of a Dockerfile. Comments and empty lines are left out, also inside an instruction. */
export function parseDockerfile(text: string): readonly Stage[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
  const instructions = lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line): Instruction => {
      const [, name = '', words = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
      if (name === '') throw new Error(`no instruction: ${line}`)
      return { name, words }
    })

  const stages: { image: string; name: string | null; instructions: Instruction[] }[] = []
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') {
      const [, image = '', , name = null] = /^(\S+)( AS (\S+))?$/.exec(instruction.words) ?? []
      stages.push({ image, name, instructions: [] })
    } else {
      stages.at(-1)?.instructions.push(instruction)
    }
  }
  return stages
}

/** What each instruction of that name says, in order. */
export function wordsOf(stage: Stage, name: string): readonly string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map(({ words }) => words)
}

/** The words of an instruction in exec form; throws for the shell form, in which a shell would get the signals. */
export function execForm(words: string): readonly string[] {
  return JSON.parse(words) as readonly string[]
}
