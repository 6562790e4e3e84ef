/**
 * The program with its window, in a process of its own, driven by a keyboard. Begins as the program's entries do: the
 * environment is scrubbed before anything else is loaded. Its order comes on standard input, since it holds secrets.
 */
import { text } from 'node:stream/consumers'
import { startClean } from '../../electron/platform/clean-start.ts'
import type { CanaryOrder } from './canary-drive.ts'

startClean()
const order = JSON.parse(await text(process.stdin)) as CanaryOrder
const { drive } = await import('./canary-drive.ts')
process.stdout.write(`${JSON.stringify(await drive(order))}\n`)
process.exit(0)
