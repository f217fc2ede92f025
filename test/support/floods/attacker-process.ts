/**
 * `node attacker-process.ts <attack> <port>`: attacks until its standard input ends. Prints a line when the first connection is
 * open, and closed, and at the end what came of it all, each as JSON.
 */
import { once } from 'node:events'
import { attack } from './attacker.ts'
import { attackOf } from './attacks.ts'

const [name = '', port] = process.argv.slice(2)
const print = (line: unknown): void => console.log(JSON.stringify(line))
process.stdin.resume()
print(await attack(Number(port), attackOf(name), once(process.stdin, 'end'), print))
process.exit(0)
