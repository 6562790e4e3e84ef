/** "Clean up EKM" against a simulated server whose connector asks simulated Azure. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Blocker } from '../../../shared/model/plan.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { notChecked } from '../../../electron/wizards/ekm-clean-up/not-checked.ts'
import { documentedCleanUp, ekmEndState } from '../../support/ekm-end-state.ts'
import { cleanUpStage, stepNamed, type CleanUpStage } from './clean-up-stage.ts'
import { ekmChain, type Chain } from './ekm-chain.ts'
import { ekmWorld, type EkmWorld } from './ekm-servers.ts'
import { refusal } from './walk.ts'

let place: EkmWorld
let chain: Chain
let job: CleanUpStage

const all = ['mapping', 'login', 'key', 'credential', 'provider', 'option']
const whole = {
  logins: 'tde_login',
  keys: 'tde',
  credentials: 'tde_cred',
  held: 'tde_login',
  providers: 'AKV',
  option: '1',
}
const measured = (blockers: readonly Blocker[]): string[] =>
  blockers.map(({ what, measured: value }) => `${what}: ${value}`)
const requests = async (): Promise<number> => {
  const audit = await place.azure.order({ do: 'audit', vault: 'ktr-vault-weu' })
  return (audit as { entries: unknown[] }).entries.length
}

beforeAll(async () => {
  place = await ekmWorld()
  chain = await ekmChain(place, 'KTR-CLEAN-1')
})
beforeEach(async () => {
  job = await cleanUpStage(place, chain)
})
afterAll(() => place.end())

describe('a plan', () => {
  it('is the same from the same facts, in the right order, and names who says so', async () => {
    const plan = await job.plan({
      parts: all,
      clientId: place.application.clientId,
      clientSecret: 'h-secret',
    })
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'unmap-credential',
      'drop-key-login',
      'drop-asymmetric-key',
      'drop-ekm-credential',
      'drop-provider',
      'disable-ekm',
      'name-vault-keys',
    ])
    expect(plan.steps.map(({ undo }) => undo.can)).toEqual([true, true, true, true, true, true, false])
    expect(plan.secrets.map(({ hole, purpose }) => [hole, purpose])).toEqual([
      ['ekm_client_secret', 'ekm.client-secret'],
    ])
    expect(JSON.stringify(plan)).not.toMatch(/REMOVE PROVIDER KEY|CREATE_NEW/)
    const again = await job.plan({
      parts: all,
      clientId: place.application.clientId,
      clientSecret: 'h-secret',
    })
    expect(again).toEqual(plan)
    expect(notChecked(plan).join(' ')).toContain('Backups elsewhere may still need the key in the vault')
  })

  it('opens the same version again as the way back of the key', async () => {
    const { undo } = stepNamed(await job.plan(), 'drop-asymmetric-key')
    expect(undo.can === false ? '' : displayScript(undo.script)).toMatch(
      /ADD CREDENTIAL \[tde_cred\][^]*PROVIDER_KEY_NAME = N'ktr-tde-sql01\/[0-9a-f]{32}',\s+CREATION_DISPOSITION = OPEN_EXISTING;[^]*DROP CREDENTIAL \[tde_cred\]/,
    )
  })

  it('without the secret ends every way back with the credential, and warns', async () => {
    const { plan, advice } = await job.review({ parts: all })
    expect(
      plan.steps.slice(0, 4).map(({ undo }) => (undo.can === 'until' ? undo.beforeStep : undo.can)),
    ).toEqual([4, 4, 4, false])
    expect(advice.warnings.map(({ what }) => what)).toContainEqual('Dropping tde_cred can’t be undone')
  })

  it('is blocked without the typed name, and by what stands on a part', async () => {
    expect(measured((await job.review({ confirmation: '' })).advice.blockers)).toEqual([
      expect.stringMatching(/^The name of tde is not typed/),
    ])
    expect(measured((await job.review({ parts: ['key'] })).advice.blockers)).toEqual([
      'Login tde_login stands on tde: It was made from it',
    ])
    expect(
      measured((await job.review({ parts: ['credential', 'provider', 'option'] })).advice.blockers),
    ).toEqual([
      'Key tde stands on tde_cred: no database is under it now',
      'Key tde stands on AKV: It is there and does not go in this run',
    ])
    expect(
      measured((await job.review({ scope: 'rest', provider: 'AKV', parts: ['option'] })).advice.blockers),
    ).toEqual(['Provider AKV needs the option: It is there and does not go in this run'])
    expect(measured((await job.review({ key: 'nosuch', confirmation: 'nosuch' })).advice.blockers)).toEqual([
      'Asymmetric key nosuch: not on KTR-CLEAN-1',
    ])
  })

  it('names the field and the fix of bad answers', async () => {
    const message = async (changes: Parameters<typeof job.review>[0]): Promise<string> => {
      const thrown: unknown = await job.review(changes).catch((error: unknown) => error)
      const fields = (thrown as { problem?: { fields?: { field: string; message: string }[] } }).problem
        ?.fields
      return (fields ?? []).map(({ field, message: text }) => `${field}: ${text}`).join('; ')
    }
    expect(await message({ parts: [] })).toMatch(/^parts: Nothing is chosen/)
    expect(await message({ confirmation: 'TDE' })).toMatch(/^confirmation: This is not the name/)
    expect(await message({ scope: 'rest' })).toMatch(/^parts: A key or its login is chosen/)
    expect(await message({ scratch: ['Sales'] })).toMatch(/^scratch: Scratch databases are named/)
    expect(await message({ parts: ['credential'], clientId: 'x', clientSecret: 'h-1' })).toMatch(
      /^clientId: The client id/,
    )
    expect(await message({ parts: ['credential'], clientSecret: 'h-1' })).toMatch(/^clientId: .*missing/)
    expect(await message({ parts: ['registry'], exportFolder: '/var/opt' })).toMatch(/^exportFolder: .*Linux/)
  })
})

describe('a run', () => {
  it('ends as the documentation’s script in tsql does where the option is left on', async () => {
    const plan = await job.plan({
      parts: all.filter((part) => part !== 'option'),
      clientId: place.application.clientId,
      clientSecret: 'h-secret',
    })
    const done = await job.walk(plan)
    const left = await ekmEndState((query) => chain.server.rows(query))
    // That script drops its database too; this job drops no database.
    expect(left.filter((line) => !line.startsWith('encrypted database'))).toEqual(documentedCleanUp())
    await job.undo(plan, done)
  })

  it('drops all of it, undoes all of it to the same thumbprint, and drops it again after a crash at each step', async () => {
    const means = { clientId: place.application.clientId, clientSecret: 'h-secret' }
    const plan = await job.plan({ parts: all, ...means })
    const thumbprint = await chain.thumbprintOf('tde')
    const done = await job.walk(plan)
    expect(await job.there()).toEqual({
      logins: '',
      keys: '',
      credentials: '',
      held: '',
      providers: '',
      option: '0',
    })
    for (const { step, before } of done.slice(0, 6)) {
      expect([step.kind, (await job.stage.check(step, before)).state]).toEqual([step.kind, 'satisfied'])
    }
    const [line, elsewhere] = done.at(-1)?.outcome.evidence ?? []
    expect(line?.statement).toMatch(
      /^Used by nothing that this server shows: https:\/\/ktr-vault-weu\.vault\.azure\.net\/keys\/ktr-tde-sql01\/[0-9a-f]{32}$/,
    )
    expect(elsewhere?.statement).toMatch(/^Backups elsewhere may still need it/)
    expect(line?.value).toBe(
      `no key object, no key of a database, no log, no backup on record that is encrypted with it: thumbprint ${thumbprint}`,
    )
    for (const view of ['master.sys.asymmetric_keys', 'sys.dm_db_log_info', 'msdb.dbo.backupset'])
      expect(line?.source).toContain(`KTR-CLEAN-1, ${view}`)

    expect(await job.undo(plan, done)).toEqual(['name-vault-keys'])
    expect(await job.there()).toEqual(whole)
    expect(await chain.thumbprintOf('tde')).toBe(thumbprint)
    // The way back lent the credential to the login of the run and took it off again; the key works as before.
    await chain.encrypt('Sales', 'tde')
  })

  it('is refused while a database is under the key: by name, on the review and again in the step', async () => {
    const { plan, advice } = await job.review()
    expect(measured(advice.blockers)).toEqual([
      'tde is in use: Sales: its encryption key is under it, encryption state 3',
      expect.stringMatching(/^tde is in use: The log of Sales/),
    ])
    expect(await refusal(job.stage.walk(stepNamed(plan, 'unmap-credential')))).toMatch(
      /^undo-refused: .*Sales/,
    )
    for (const kind of ['drop-key-login', 'drop-asymmetric-key']) {
      expect([kind, await refusal(job.stage.walk(stepNamed(plan, kind)))]).toEqual([
        kind,
        expect.stringMatching(/^key-still-needed: .*Sales/),
      ])
    }
    expect(await job.there()).toEqual(whole)
  })

  it('a kept key of a database that TDE was turned off for is a need; dropped and logged, older backups may need it', async () => {
    await chain.server.run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\full.bak'")
    await chain.decrypt('Sales')
    expect(measured((await job.review()).advice.blockers)[0]).toMatch(/is kept although nothing is encrypted/)
    await chain.server.run(
      "USE Sales; DROP DATABASE ENCRYPTION KEY; USE master; BACKUP LOG Sales TO DISK = 'D:\\Backup\\log.trn'",
    )
    const { advice } = await job.review()
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toContainEqual(
      expect.stringMatching(/^May need tde: Sales: 2 backups of .*no encryption key now/),
    )
  })

  it('the last line names only what was asked, and what may need the key although no view says so', async () => {
    const walker = job.stage
    const verdicts = walker.around.verdicts
    walker.around.verdicts = {
      ...verdicts,
      asymmetricKey: async () => ({
        users: [],
        notRead: [],
        mayNeed: ['What the logs hold', 'Sales: 2 backups'],
        checked: ['KTR-CLEAN-1, sys.dm_database_encryption_keys', 'KTR-CLEAN-1, msdb.dbo.backupset'],
      }),
    }
    const naming = stepNamed((await job.review()).plan, 'name-vault-keys')
    const gone = {
      ...naming,
      params: { keys: [{ key: 'gone', thumbprint: 'AB'.repeat(20), place: null }] },
    }
    const { outcome } = await walker.walk(gone)
    walker.around.verdicts = verdicts
    const [line, may, elsewhere] = outcome.evidence
    expect(line?.value).toBe(
      `no key object, no key of a database, no backup on record that is encrypted with it: thumbprint ${'AB'.repeat(20)}`,
    )
    expect(line?.source).not.toContain('sys.dm_db_log_info')
    expect(may?.statement).toMatch(/^May need it \(not in any view\)/)
    expect(may?.value).toBe('What the logs hold; Sales: 2 backups')
    expect(elsewhere?.statement).toMatch(/^Backups elsewhere may still need it/)
  })

  it('a key that somebody made anew under the same name is not dropped, and nothing is sent to the vault by a drop', async () => {
    const plan = await job.plan()
    const key = stepNamed(plan, 'drop-asymmetric-key')
    const other = { ...key, params: { ...(key.params as object), thumbprint: 'AB'.repeat(20) } }
    expect((await job.stage.check(other)).state).toBe('foreign')
    const asked = await requests()
    expect(asked).toBeGreaterThan(0)
    await job.walk(plan)
    expect(await requests()).toBe(asked)
    expect(await job.there()).toMatchObject({ keys: '', logins: '', held: '', credentials: 'tde_cred' })
  })

  it('what is left: credential and provider; the option stays on where it is not chosen', async () => {
    const rest = { scope: 'rest', key: '', keyLogin: '', confirmation: '', provider: 'AKV' }
    const plan = await job.plan({ ...rest, parts: ['credential', 'provider'] })
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['drop-ekm-credential', 'drop-provider'])
    await job.walk(plan)
    expect(await job.there()).toMatchObject({ credentials: '', providers: '', option: '1' })
  })
})
