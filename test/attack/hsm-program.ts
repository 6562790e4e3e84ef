/** A program with one open token, for a test that kills it: says the process's id, then asks without end if told so. */
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { HsmTokenRef } from '../../electron/ports/hsm.ts'
import { hsmStage } from '../support/hsm-stage.ts'

const [, , ref = '', state] = process.argv
const { hsms, pids } = hsmStage()
const token = await hsms.open(JSON.parse(ref) as HsmTokenRef)
using pin = SecretBytes.fromText('1234')
await token.logIn(pin)
console.log(pids[0])
if (state === 'hang') for (;;) await token.find({ id: 'aa' })
setInterval(() => undefined, 60_000)
