/** `node attacker-process.ts <attack> <port> <ms>`: attacks from a process of its own, and prints what came of it. */
import { attack } from './attacker.ts'
import { attackOf } from './attacks.ts'

const [name = '', port, ms] = process.argv.slice(2)
console.log(JSON.stringify(await attack(Number(port), attackOf(name), Number(ms))))
process.exit(0)
