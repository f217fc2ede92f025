import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { goProgram } from '../../test/support/go-programs.ts'
import { pythonWith } from '../../test/support/python-program.ts'
import { type ServerProcess, startNodeServer, startServer } from '../measure/server-process.ts'

const run = promisify(execFile)
const HERE = import.meta.dirname
const PROTOS = join(HERE, '..', '..', 'protos')

/** What the tutorials install; their versions of the moment. */
export const TUTORIAL_PACKAGES = ['grpcio==1.85.1', 'grpcio-tools==1.85.1', 'kafka-python==3.0.12'] as const

export const startBareGrpcJs = (): Promise<ServerProcess> => startNodeServer([join(HERE, 'grpc-js-bare.ts')])

/** @throws Error without Go. */
export const startBareGrpcGo = async (): Promise<ServerProcess> =>
  startServer([await goProgram('grpc-go-bare')])

/**
 * The tutorials' server in Python, writing into this topic; the code of the contract is generated into `folder`.
 * @throws Error without Python 3 and pip.
 */
export async function startTutorial(
  folder: string,
  bootstrap: string,
  topic: string,
): Promise<ServerProcess> {
  const python = await pythonWith(TUTORIAL_PACKAGES)
  const code = await mkdtemp(join(folder, 'python-'))
  await run(python, [
    ...['-m', 'grpc_tools.protoc', '-I', PROTOS, `--python_out=${code}`, `--grpc_python_out=${code}`],
    'exhook_v2.proto',
  ])
  return startServer([python, join(HERE, 'tutorial_server.py'), code, bootstrap, topic])
}
