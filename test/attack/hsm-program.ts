/** A program with one open token, for a test that kills it: says the process's id, then asks without end if told so. */
import { hsmEntry } from '../../electron/beside-entry.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import { startFramedNodeChild } from '../../electron/platform/framed-child.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { HsmTokenRef } from '../../electron/ports/hsm.ts'
import { createHsms } from '../../electron/targets/hsm/hsms.ts'

const [, , ref = '', state] = process.argv
const hsms = createHsms({
  start: startFramedNodeChild,
  entry: hsmEntry,
  clock: systemClock,
  onProcess: (pid) => console.log(pid),
})
const token = await hsms.open(JSON.parse(ref) as HsmTokenRef)
using pin = SecretBytes.fromText('1234')
await token.logIn(pin)
console.log('open')
if (state === 'hang') for (;;) await token.find({ id: 'aa' })
setInterval(() => undefined, 60_000)
