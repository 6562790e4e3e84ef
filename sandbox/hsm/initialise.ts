/**
 * Entry of a process that initialises one simulated token: order by standard input, `serial …` by standard output. Its own
 * process, because SoftHSM reads its configuration once from the environment, and so that no PIN stands in arguments.
 */
import { readFileSync } from 'node:fs'
import pkcs11 from 'pkcs11js'

interface Order {
  module: string
  label: string
  pin: string
  soPin: string
}

const { module: path, label, pin, soPin } = JSON.parse(readFileSync(0, 'utf8')) as Order
const module = new pkcs11.PKCS11()
module.load(path)
module.C_Initialize()
const free = module
  .C_GetSlotList(false)
  .find((slot) => (module.C_GetTokenInfo(slot).flags & pkcs11.CKF_TOKEN_INITIALIZED) === 0)
if (free === undefined) throw new Error('there is no slot left for a token')
// 32 bytes are read of the label whatever it is: fill it up.
module.C_InitToken(free, soPin, label.padEnd(32))

// The slot of a token that was just made is another one after the next start.
module.C_Finalize()
module.C_Initialize()
const made = module.C_GetSlotList(true).find((slot) => {
  const info = module.C_GetTokenInfo(slot)
  return info.label.trimEnd() === label && (info.flags & pkcs11.CKF_USER_PIN_INITIALIZED) === 0
})
if (made === undefined) throw new Error('the token that was made is not there')
const session = module.C_OpenSession(made, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
module.C_Login(session, pkcs11.CKU_SO, soPin)
module.C_InitPIN(session, pin)
module.C_Logout(session)
const serial = module.C_GetTokenInfo(made).serialNumber.trim()
module.C_Finalize()
// Electron, where it runs this, would stay.
process.stdout.write(`serial ${serial}\n`, () => process.exit(0))
