/**
 * What there is to say about a line. `note`: something is done in another way here, and nothing needs to be done about it.
 * `warning`: understood, and somebody should do something. `problem`: not understood, or nothing could be made of it.
 */
export interface Finding {
  readonly level: 'note' | 'warning' | 'problem'
  /** Of the file that is imported, from 1; 0: of the file as a whole. */
  readonly line: number
  /** What is different or wrong, and what to do. Nothing in it that a terminal would obey. */
  readonly text: string
}

export const note = (line: number, text: string): Finding => ({ level: 'note', line, text })
export const warning = (line: number, text: string): Finding => ({ level: 'warning', line, text })
export const problem = (line: number, text: string): Finding => ({ level: 'problem', line, text })
