import { problemOf } from '../../shared/errors/problem.ts'
import type { Answers } from '../../shared/forms/form.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { Program } from '../../electron/program.ts'
import { createHsms } from '../../electron/targets/hsm/hsms.ts'
import { hsmEntry } from '../../electron/beside-entry.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import { startFramedNodeChild } from '../../electron/platform/framed-child.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { HsmKey, HsmToken } from '../../electron/ports/hsm.ts'
import type { Ask } from './ask.ts'
import type { Simulators } from './simulators.ts'

/** The rehearsal's token; null: there is no SoftHSM here. */
export const tokenRefOf = async (ask: Ask): Promise<TargetRef | null> => {
  const list = await ask('connections.list', {})
  const found = list.find(({ connection }) => connection.kind === 'hsm')?.connection
  return found === undefined
    ? null
    : { id: found.id, kind: found.kind, name: found.name, environment: found.environment }
}

/**
 * A key for imports in as many connected vaults as take one, and none in the others; the answers that choose them. Names
 * are those of the vaults' hosts.
 */
export const makeKeks = async (
  program: Program,
  ask: Ask,
  most = 2,
): Promise<{ answers: string[]; vaults: TargetRef[] }> => {
  const answers: string[] = []
  const vaults: TargetRef[] = []
  for (const { connection } of await ask('connections.list', {})) {
    if (connection.kind !== 'keyvault' || vaults.length >= most) continue
    const { id, kind, name, environment } = connection
    const ref: TargetRef = { id, kind, name, environment }
    try {
      const vault = await program.azure.vaults.open(ref)
      const kek =
        (await vault.key('ktr-kek')) ??
        (await vault.createKey({
          name: 'ktr-kek',
          type: 'RSA-HSM',
          bits: 2048,
          mark: 'test',
          uses: ['import'],
        }))
      answers.push(`${id} ${kek.name} ${kek.version}`)
      vaults.push(ref)
    } catch (thrown) {
      if (!/^(vault|azure)-/.test(problemOf(thrown).code)) throw thrown
    }
  }
  return { answers, vaults }
}

export const hsmKeyAnswers = (hsm: string, changes: Answers = {}): Answers => ({
  hsm,
  pinMode: typeof changes['pin'] === 'string' ? 'typed' : 'kept',
  pin: null,
  type: 'rsa-2048',
  label: 'KTR-TDE',
  destination: 'none',
  keks: [],
  place: null,
  ...changes,
})

/** The simulated token in a process of the test's own, logged in; closed by the caller. */
export const ownToken = async (
  simulators: Simulators,
): Promise<{ token: HsmToken; pin: string; end(): Promise<void> }> => {
  const { hsm } = (await simulators.order({ command: 'status' })) as unknown as {
    hsm: {
      token: {
        module: string
        sha256: string
        configuration: string
        serial: string
        label: string
        pin: string
      }
    }
  }
  const { module, sha256, configuration, serial, label, pin } = hsm.token
  const hsms = createHsms({ start: startFramedNodeChild, entry: hsmEntry, clock: systemClock })
  const token = await hsms.open({
    module: { path: module, sha256, configuration: { SOFTHSM2_CONF: configuration } },
    serial,
    label,
  })
  using secret = SecretBytes.fromText(pin)
  await token.logIn(secret)
  return { token, pin, end: () => hsms.close() }
}

/** What a run leaves on the token: keys by label and class, with what can be done with them. Two runs compare by it. */
export const keysOn = async (token: HsmToken): Promise<string[]> =>
  (await token.find())
    .map((key: HsmKey) => {
      const { extractable, neverExtractable, sensitive, local } = key.attributes
      return `${key.label} ${key.class} ${key.type} ${key.bits ?? ''} extractable=${extractable} never=${neverExtractable} sensitive=${sensitive} local=${local}`
    })
    .sort()
