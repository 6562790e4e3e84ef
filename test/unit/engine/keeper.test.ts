import { describe, expect, it } from 'vitest'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'
import { createKeeper, type KeptAs } from '../../../electron/engine/keeper.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'

import { FakeKeyring } from './fakes/keyring.ts'
import { refusal } from './fakes/house.ts'

const runId = asRunId('7f3ab2cd1234')
const as: KeptAs = {
  purpose: 'entra.client-secret',
  target: asTargetId('t-azureaaaaaaa'),
  label: 'Secret of ktr-app, run 1234',
}
const textOf = (secret: SecretBytes): string => secret.use((bytes) => bytes.toString('utf8'))

describe('a secret that came into being in a step', () => {
  it('is found by its label alone, as after a crash', async () => {
    const keyring = new FakeKeyring()
    await createKeeper(keyring.port(), runId).keep(as, SecretBytes.fromText('first'))
    const later = createKeeper(keyring.port(), runId)
    expect(later.find(as)).toMatchObject({ label: as.label, generation: 1 })
    expect(textOf(await later.open(as))).toBe('first')
  })

  it('is one secret, however often it is kept', async () => {
    const keyring = new FakeKeyring()
    const keeper = createKeeper(keyring.port(), runId)
    await keeper.keep(as, SecretBytes.fromText('first'))
    await keeper.keep(as, SecretBytes.fromText('second'))
    expect(keyring.kept.size).toBe(1)
    expect(textOf(await keeper.open(as))).toBe('second')
  })

  it('of another target or purpose is not found', async () => {
    const keeper = createKeeper(new FakeKeyring().port(), runId)
    await keeper.keep(as, SecretBytes.fromText('first'))
    expect(keeper.find({ ...as, target: asTargetId('t-other') })).toBeNull()
    expect(keeper.find({ ...as, purpose: 'sql.login-password' })).toBeNull()
    expect((await refusal(keeper.open({ ...as, target: asTargetId('t-other') }))).code).toBe('handle-unknown')
  })

  it('asks for the keyring before a service is asked for the secret', async () => {
    const keyring = new FakeKeyring()
    const keeper = createKeeper(keyring.port(), runId)
    keyring.state = 'locked'
    expect((await refusal(() => keeper.ready())).code).toBe('run-needs-unlock')
    expect((await refusal(() => keeper.find(as))).code).toBe('run-needs-unlock')
    expect((await refusal(keeper.keep(as, SecretBytes.fromText('first')))).code).toBe('run-needs-unlock')
  })

  it('is gone once dropped, and dropping again changes nothing', async () => {
    const keeper = createKeeper(new FakeKeyring().port(), runId)
    await keeper.keep(as, SecretBytes.fromText('first'))
    await keeper.drop(as)
    await keeper.drop(as)
    expect(keeper.find(as)).toBeNull()
  })
})
