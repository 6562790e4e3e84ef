import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import type { Plan, PlannedStep } from '../../../shared/model/plan.ts'
import { openItem } from '../../../electron/escrow/package/open.ts'
import { readManifest } from '../../../electron/escrow/package/manifest.ts'
import { readPackageFolder } from '../../../electron/escrow/place-folder.ts'
import { packageIdOf } from '../../../electron/escrow/package-id.ts'
import { createCertificate } from '../../../electron/scripts/tsql/certificate.ts'
import { escrowExport } from '../../../electron/wizards/escrow-export/index.ts'
import { writePfx, writePvk } from '../../../sandbox/sqlserver/files/index.ts'
import { pkcs8Of, testSigner, wordsOf } from '../../support/escrow-package.ts'
import { dropAll, keptText, pairOfServer, typedText, useExportStage } from './escrow-export-stage.ts'
import { makePair } from './key-pair.ts'
import { runAll } from './simulated.ts'
import { refusal } from './walk.ts'

const stage = useExportStage()
type Place = 'p-one' | 'p-two'

const packageIn = (place: Place): string =>
  join(stage.folder(place), packageFolderName(packageIdOf(stage.run)))

const open = async (place: Place, number: number): Promise<Buffer> => {
  const files = await readPackageFolder(packageIn(place))
  const { content } = openItem(
    files,
    { kind: 'known', fingerprints: stage.means.knownSigners() },
    { kind: 'shares', shares: wordsOf(...stage.group.shares.slice(0, 2)) },
    number,
  )
  return content.use((bytes) => Buffer.from(bytes))
}

const step = (plan: Plan, index: number): PlannedStep => {
  const found = plan.steps[index]
  if (found === undefined) throw new Error(`no step ${index}`)
  return found
}
const handler = (one: PlannedStep) => {
  const found = escrowExport(stage.means).steps[one.kind]
  if (found === undefined) throw new Error(one.kind)
  return found
}

describe('an escrow export', () => {
  it('seals, copies, reads back and registers; shares and a certificate open what the server has', async () => {
    const custodian = stage.addRecipient('one.cer')
    const hsm = stage.addRecipient('two.pem', true)
    const plan = await stage.ready({
      recipientFolder: 'p-recipients',
      custodianFiles: ['one.cer'],
      recoveryFiles: ['two.pem'],
    })
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'write-escrow-package',
      'copy-escrow-package',
      'register-escrow-package',
    ])
    const [written, , registered] = await stage.walk(plan)
    const listed = stage.means.register.package(packageIdOf(stage.run))
    expect(listed.storedAt.map(({ kind, state }) => [kind, state])).toEqual([
      ['folder', 'escrowed'],
      ['usb', 'escrowed'],
    ])
    expect(listed.recipients.map(({ kind }) => kind)).toEqual(['custodian', 'recovery-hsm'])
    expect(written?.evidence[0]?.value).toBe(listed.manifestSha256)
    expect(registered?.proofs.map(({ level, by, key }) => [key, level, by])).toEqual([
      ['Certificate KT_One', 'matched', 'keyturn'],
      ['Certificate KT_One', 'matched', 'keyturn'],
    ])
    for (const place of ['p-one', 'p-two'] as const) {
      const pem = await open(place, 1)
      const certificate = new X509Certificate(pem)
      expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true)
      expect(certificate.fingerprint.replaceAll(':', '')).toBe(registered?.proofs[0]?.thumbprint)
      expect((await open(place, 2)).toString()).toBe(keptText)
    }
    for (const { privateKey } of [custodian, hsm]) {
      const files = await readPackageFolder(packageIn('p-two'))
      const key = { kind: 'private-key', pkcs8: pkcs8Of(privateKey) } as const
      const { content } = openItem(files, { kind: 'nobody' }, key, 1)
      expect(content.use((pem) => createPrivateKey(pem).asymmetricKeyType)).toBe('rsa')
    }
  })

  it('takes key files of the person and a typed passphrase with its generation', async () => {
    const pair = await makePair()
    const at = (name: string): string => join(stage.folder('p-files'), name)
    writeFileSync(at('both.pfx'), writePfx(pair.certificate, pair.key, Buffer.from(keptText)))
    writeFileSync(at('master.key'), 'as SQL Server wrote it')
    writeFileSync(at('service.key'), 'the other one')
    writeFileSync(at('tde.backup'), 'as the vault gave it')
    const plan = await stage.ready({
      certificates: [],
      keptPasswords: [],
      fileFolder: 'p-files',
      certificateFile: 'both.pfx',
      pairPassword: 'h-kept',
      masterKeyFile: 'master.key',
      masterKeyPassword: 'h-kept',
      serviceKeyFile: 'service.key',
      serviceKeyPassword: 'h-kept',
      vaultBackups: ['tde.backup'],
      passphrase: 'h-typed',
      passphraseName: 'Secure Store of the farm',
      passphraseGeneration: 4,
      passphraseBackup: 'farm backup 0042',
      secondPlaceKind: 'none',
    })
    const outcomes = await stage.walk(plan)
    expect(outcomes.at(-1)?.proofs.map(({ key, level }) => [key, level])).toEqual([
      ['Certificate of both.pfx', 'matched'],
    ])
    const { items } = readManifest(readFileSync(join(packageIn('p-one'), 'MANIFEST.json')))
    expect(items.map(({ kind, passwordItem, generation }) => [kind, passwordItem, generation])).toEqual([
      ['certificate', null, null],
      ['passphrase-record', null, null],
      ['master-key', 2, null],
      ['service-master-key', 2, null],
      ['vault-key-backup', null, null],
      ['passphrase-record', null, { number: 4, backupId: 'farm backup 0042' }],
    ])
    expect(new X509Certificate(await open('p-one', 1)).raw.equals(pair.certificate)).toBe(true)
    expect((await open('p-one', 2)).toString()).toBe(keptText)
    expect((await open('p-one', 3)).toString()).toBe('as SQL Server wrote it')
    expect((await open('p-one', 4)).toString()).toBe('the other one')
    expect((await open('p-one', 5)).toString()).toBe('as the vault gave it')
    expect((await open('p-one', 6)).toString()).toBe(typedText)
  })

  it('opens a .cer with its .pvk, and refuses one of another certificate before anything is written', async () => {
    const [pair, other] = [await makePair(), await makePair()]
    const at = (name: string): string => join(stage.folder('p-files'), name)
    writeFileSync(at('pair.cer'), pair.certificate)
    writeFileSync(at('pair.pvk'), writePvk(other.key, Buffer.from(keptText)))
    const wish = {
      certificates: [],
      fileFolder: 'p-files',
      certificateFile: 'pair.cer',
      privateKeyFile: 'pair.pvk',
      pairPassword: 'h-kept',
    }
    expect(await refusal(stage.walk(await stage.ready(wish)))).toContain('file-key-mismatch')
    expect(readdirSync(stage.folder('p-one'))).toEqual([])
    writeFileSync(at('pair.pvk'), writePvk(pair.key, Buffer.from(keptText)))
    const outcomes = await stage.walk(await stage.ready(wish))
    expect(outcomes.at(-1)?.proofs[0]?.thumbprint).toBe(pair.thumbprint.toString('hex').toUpperCase())
  })
})

describe('keys of a package', () => {
  it('are there once: a .pfx with a key of the server is refused before anything is written', async () => {
    writeFileSync(join(stage.folder('p-files'), 'same.pfx'), (await pairOfServer(stage, 'KT_One')).pfx)
    const file = { fileFolder: 'p-files', certificateFile: 'same.pfx', pairPassword: 'h-kept' }
    expect(await refusal(stage.walk(await stage.ready({ ...file, keptPasswords: [] })))).toContain(
      'export-key-twice',
    )
    expect(readdirSync(stage.folder('p-one'))).toEqual([])
  })

  it('get the thumbprint of their own item, also where another item has the same public key', async () => {
    const plan = await stage.ready()
    await stage.walkStep(step(plan, 0))
    const own = stage.earlier.find(({ data }) => data?.['item'] === 1)
    if (own === undefined) throw new Error('no line of item 1')
    stage.earlier.unshift({ ...own, data: { item: 2, thumbprint: 'A'.repeat(40) } })
    await stage.walkStep(step(plan, 1))
    const { proofs } = await stage.walkStep(step(plan, 2))
    expect(new Set(proofs.map(({ thumbprint }) => thumbprint))).toEqual(new Set([own.data?.['thumbprint']]))
  })
})

describe('the bytes of a key file', () => {
  const size = 4321
  const wish = { fileFolder: 'p-files', vaultBackups: ['bare.key'], secondPlaceKind: 'none' }
  /** What was read of the file: a buffer of one byte more (`readFileCapped`). */
  const left = async (work: () => Promise<unknown>): Promise<Buffer[]> => {
    writeFileSync(join(stage.folder('p-files'), 'bare.key'), Buffer.alloc(size, 'k'))
    const alloc = vi.spyOn(Buffer, 'alloc')
    onTestFinished(() => alloc.mockRestore())
    await work()
    return alloc.mock.results.flatMap(({ type, value }) =>
      type === 'return' && value.length === size + 1 ? [value] : [],
    )
  }
  const zeros = Buffer.alloc(size + 1)

  it('are zeros again once the facts were read', async () => {
    expect(await left(() => stage.ready(wish))).toEqual([zeros])
  })

  it('are zeros again when the file is another one than that of the review', async () => {
    const bytes = await left(async () => {
      const plan = await stage.ready(wish)
      writeFileSync(join(stage.folder('p-files'), 'bare.key'), 'x'.repeat(size))
      expect(await refusal(stage.walk(plan))).toContain('file-changed')
    })
    expect(bytes).toEqual([zeros, zeros])
  })
})

describe('a run that was broken off', () => {
  it('finds the whole package of its own and writes no second one', async () => {
    const plan = await stage.ready()
    await stage.walkStep(step(plan, 0))
    const before = readFileSync(join(packageIn('p-one'), 'MANIFEST.json'))
    const again = await handler(step(plan, 0)).check(stage.context(step(plan, 0), { packageThere: false }))
    expect(again.state).toBe('satisfied')
    await stage.walkStep(step(plan, 0), { packageThere: false })
    expect(readFileSync(join(packageIn('p-one'), 'MANIFEST.json')).equals(before)).toBe(true)
    expect(stage.means.register.packages()).toHaveLength(1)
  })

  it('takes away what a killed write left, and writes the package anew under the same id', async () => {
    const plan = await stage.ready()
    const left = `.keyturn-part-${packageIdOf(stage.run)}-0123456789ab`
    mkdirSync(join(stage.folder('p-one'), left, 'items'), { recursive: true })
    writeFileSync(join(stage.folder('p-one'), left, 'items', '01.p7'), 'half')
    await stage.walkStep(step(plan, 0), { packageThere: false })
    expect(readdirSync(stage.folder('p-one'))).toEqual([packageFolderName(packageIdOf(stage.run))])
  })

  it('lists a package that was written and not listed yet', async () => {
    const plan = await stage.ready()
    await stage.walkStep(step(plan, 0))
    writeFileSync(
      join(stage.root, 'profile', 'escrow.json'),
      JSON.stringify({
        ...JSON.parse(readFileSync(join(stage.root, 'profile', 'escrow.json'), 'utf8')),
        packages: [],
      }),
    )
    const { openRegister } = await import('../../../electron/escrow/register.ts')
    stage.means = { ...stage.means, register: await openRegister(join(stage.root, 'profile')) }
    expect(
      await handler(step(plan, 0)).check(stage.context(step(plan, 0), { packageThere: false })),
    ).toMatchObject({ state: 'needed', partly: true })
    await stage.walkStep(step(plan, 0), { packageThere: false })
    expect(stage.means.register.packages()).toHaveLength(1)
  })
})

describe('what lies there already', () => {
  it('of this name and before this run began is not touched', async () => {
    const plan = await stage.ready()
    await stage.walkStep(step(plan, 0))
    expect(await handler(step(plan, 0)).check(stage.context(step(plan, 0)))).toMatchObject({
      state: 'foreign',
      problem: { code: 'package-exists' },
    })
  })

  it('and is damaged, or signed by another, is refused and left as it is', async () => {
    const plan = await stage.ready()
    await stage.walkStep(step(plan, 0))
    const sealed = join(packageIn('p-one'), 'items', '01.p7')
    const bytes = readFileSync(sealed)
    writeFileSync(sealed, Buffer.concat([bytes.subarray(0, -1), Buffer.from([1])]))
    const check = () => handler(step(plan, 0)).check(stage.context(step(plan, 0), { packageThere: false }))
    expect(await refusal(check())).toContain('package-file-changed')
    writeFileSync(sealed, bytes)
    const known = stage.means.knownSigners
    stage.means.knownSigners = () => new Set([testSigner().fingerprint])
    expect(await refusal(check())).toContain('package-signer-other')
    stage.means.knownSigners = known
    expect((await check()).state).toBe('satisfied')
  })
})

describe('between the first place and the register', () => {
  it('a copy that changed does not count as escrowed; the place that was read back does', async () => {
    const plan = await stage.ready()
    await stage.walkStep(step(plan, 0))
    await stage.walkStep(step(plan, 1))
    writeFileSync(join(packageIn('p-two'), 'README-RECOVER.txt'), 'another text')
    expect(await refusal(stage.walkStep(step(plan, 2)))).toContain('package-file-changed')
    rmSync(packageIn('p-two'), { recursive: true })
    expect(await refusal(stage.walkStep(step(plan, 2)))).toContain('package-not-read')
    const states = stage.means.register.package(packageIdOf(stage.run)).storedAt
    expect(states.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
      'folder escrowed',
      'usb written',
    ])
  })

  it('a certificate that was replaced under its name is found', async () => {
    await runAll(stage.server, [createCertificate({ name: 'KT_Gone', subject: 'a', expiry: '2040-01-01' })])
    const plan = await stage.ready({ certificates: ['KT_Gone'] })
    await dropAll(stage.server, 'KT_Gone')
    await runAll(stage.server, [createCertificate({ name: 'KT_Gone', subject: 'b', expiry: '2040-01-01' })])
    expect(await refusal(stage.walkStep(step(plan, 0)))).toContain('step-not-verified')
    expect(readdirSync(stage.folder('p-one'))).toEqual([])
    await dropAll(stage.server, 'KT_Gone')
  })

  it('a group that is not the active one any more ends the run before the server is asked', async () => {
    const plan = await stage.ready()
    const { register } = stage.means
    const [group] = register.groups()
    if (group === undefined) throw new Error('no group')
    stage.means = {
      ...stage.means,
      register: { ...register, groups: () => [{ ...group, state: 'replaced' }] },
    }
    expect(await handler(step(plan, 0)).check(stage.context(step(plan, 0)))).toMatchObject({
      state: 'blocked',
      problem: { code: 'export-group-other' },
    })
  })
})
