import { systemClock } from '../../../electron/platform/clock.ts'
import type { KeyPoint } from '../../../electron/record/signing/key-files.ts'
import { createRecord } from '../../../electron/record/record.ts'

/** Opens the record, writes one entry, ends the epoch, and is killed at the named point for the named time. */
const [file = '', wanted = '', times = '1'] = process.argv.slice(2)
let left = Number(times)
const keyProbe = (point: KeyPoint): void => {
  if (point !== wanted || --left > 0) return
  process.kill(process.pid, 'SIGKILL')
  // The signal is on its way; nothing more may happen meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
const operator = { account: 'kt', name: 'kt' }
const record = createRecord({ file, clock: systemClock, operator, keyProbe })
record.append({ kind: 'rehearsal-ended', outcome: 'done', body: {} })
record.endEpoch('lock')
process.stdout.write('not killed\n')
