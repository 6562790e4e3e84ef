import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { hsmModuleVariables } from '../../electron/ports/hsm.ts'
import { makeToken } from '../../sandbox/hsm/make-token.ts'
import { hsmStage, refOf } from '../support/hsm-stage.ts'
import { hsmPortSuite, type HsmBackend } from './hsm-port.ts'

hsmPortSuite('SoftHSM', async (): Promise<HsmBackend> => {
  const stage = hsmStage()
  const simulated = await makeToken(stage.folder, 'contract')
  return { hsms: stage.hsms, ref: refOf(simulated), pin: simulated.pin, stop: stage.stop }
})

const variable = 'KEYTURN_TEST_HSM'
const form =
  'file:///path/of/module.so?serial=NUMBER&pin=VALUE[&VARIABLE=/path/of/its/configuration], a token on which keys may be made and destroyed'

const real = (address: string) => (): Promise<HsmBackend> => {
  const url = new URL(address)
  const serial = url.searchParams.get('serial')
  const pin = url.searchParams.get('pin')
  if (url.protocol !== 'file:' || serial === null || pin === null) throw new Error(`${variable} is ${form}`)
  url.search = ''
  const path = fileURLToPath(url)
  const asked = new URL(address).searchParams
  const configuration = Object.fromEntries(
    hsmModuleVariables.flatMap((name) => (asked.has(name) ? [[name, asked.get(name) ?? '']] : [])),
  )
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  const stage = hsmStage()
  const ref = { module: { path, sha256, configuration }, serial, label: 'real' }
  return Promise.resolve({ hsms: stage.hsms, ref, pin, stop: stage.stop })
}

const address = process.env[variable]
if (address) hsmPortSuite('real token', real(address))
else
  describe('HSM port: real token', () => {
    it.skip(`give ${variable} to ask a real one: ${form}`, () => undefined)
  })
