/** Signs with pkcs11js and nothing between: first line the token, then numbers of signatures; answers rates per second. */
import { createInterface } from 'node:readline'
import pkcs11 from 'pkcs11js'

const lines = createInterface(process.stdin)[Symbol.asyncIterator]()
const {
  module: path,
  pin,
  label,
} = JSON.parse(String((await lines.next()).value)) as {
  module: string
  pin: string
  label: string
}
const module = new pkcs11.PKCS11()
module.load(path)
module.C_Initialize()
const slot = module.C_GetSlotList(true).find((one) => module.C_GetTokenInfo(one).label.trimEnd() === label)
if (slot === undefined) throw new Error('the token is not there')
const session = module.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
module.C_Login(session, pkcs11.CKU_USER, pin)
module.C_FindObjectsInit(session, [
  { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
  { type: pkcs11.CKA_LABEL, value: 'bench' },
])
const key = module.C_FindObjects(session)
module.C_FindObjectsFinal(session)
if (key === null) throw new Error('the key is not there')
const data = Buffer.alloc(64, 7)
const room = Buffer.alloc(256)

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const from = performance.now()
  for (let at = 0; at < Number(line); at += 1) {
    module.C_SignInit(session, { mechanism: pkcs11.CKM_SHA256_RSA_PKCS }, key)
    module.C_Sign(session, data, room)
  }
  console.log(Number(line) / ((performance.now() - from) / 1_000))
}
module.C_Finalize()
