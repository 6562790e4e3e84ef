import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { displayScript, languageOfText } from '../../../shared/model/script.ts'
import { escrowExportScreenProblems } from '../../../shared/forms/escrow-export-draft.ts'
import { digestOf } from '../../../electron/engine/digest.ts'
import { keyUsageOf } from '../../../electron/formats/key-usage.ts'
import { certificateIn } from '../../../electron/formats/pem-certificate.ts'
import { notChecked } from '../../../electron/wizards/escrow-export/not-checked.ts'
import { opensslPrints } from '../../support/openssl.ts'
import { makeCertificate } from '../formats/make-certificate.ts'
import { exportAnswers, pairOfServer, useExportStage } from './escrow-export-stage.ts'

const stage = useExportStage()
const blockers = async (changes: Answers): Promise<string[]> =>
  (await stage.planned(changes)).advice.blockers.map(({ what, measured }) => `${what}: ${measured}`)

const pfxOfServer = () => pairOfServer(stage, 'KT_One')

describe('the plan of an escrow export', () => {
  it('is the same for the same answers and facts, and holds no path of a place and no secret', async () => {
    const [one, other] = [await stage.ready(), await stage.ready()]
    expect(digestOf(other)).toBe(digestOf(one))
    expect(JSON.stringify(one.steps)).not.toContain(stage.root)
    expect(one.secrets).toMatchObject([{ hole: 'kept_password_01', purpose: 'sql.key-file-password' }])
  })

  it('shows the statement that fetches a pair and every file that is written', async () => {
    stage.addRecipient('one.cer')
    const plan = await stage.ready({ recipientFolder: 'p-recipients', custodianFiles: ['one.cer'] })
    const texts = plan.steps.map(({ scripts }) => scripts.map(displayScript))
    expect(texts[0]?.[0]).toContain("WHERE c.name = N'KT_One'")
    expect(texts[0]?.[0]).toContain('«throw_away_password»')
    for (const file of [
      'recipients/01.pem',
      'items/01.p7',
      'items/02.p7',
      'MANIFEST.sig',
      'README-RECOVER.txt',
    ])
      expect(texts[0]?.[1]).toContain(file)
    const fileTexts = [texts[0]?.[1], texts[1]?.[0], texts[2]?.[0]]
    expect(fileTexts.map((text) => languageOfText(text ?? ''))).toEqual(['file', 'file', 'file'])
  })

  it('says what a run of it leaves open', async () => {
    const said = notChecked(await stage.ready()).join(' ')
    expect(said).toContain('The package was not opened')
    expect(said).toContain('Whether the kept passwords open their key files was not tried')
    expect(said).not.toContain('typed passphrase')
  })

  it('says of a typed passphrase alone nothing about kept passwords', async () => {
    const typed = { passphrase: 'h-typed', passphraseName: 'a farm', passphraseBackup: 'backup 42' }
    const said = notChecked(await stage.ready({ ...typed, keptPasswords: [] })).join(' ')
    expect(said).toContain('Whether the typed passphrase opens its backup was not tried')
    expect(said).not.toContain('kept passwords')
  })

  it('warns of passwords without a key only where no key is in the package', async () => {
    writeFileSync(join(stage.folder('p-files'), 'one.file'), 'as it was written')
    const none = 'The package holds passwords and no key'
    const warned = async (changes: Answers): Promise<string[]> =>
      (await stage.planned({ certificates: [], fileFolder: 'p-files', ...changes })).advice.warnings.map(
        ({ what }) => what,
      )
    expect(await warned({})).toContain(none)
    expect(await warned({ certificates: ['KT_One'] })).not.toContain(none)
    expect(await warned({ vaultBackups: ['one.file'] })).not.toContain(none)
    expect(await warned({ masterKeyFile: 'one.file', masterKeyPassword: 'h-kept' })).not.toContain(none)
    writeFileSync(join(stage.folder('p-files'), 'one.pfx'), (await pfxOfServer()).pfx)
    expect(await warned({ certificateFile: 'one.pfx', pairPassword: 'h-kept' })).not.toContain(none)
  })

  it('warns of one place, of places of this computer alone, and of a certificate that opens alone', async () => {
    const recipient = makeCertificate(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, {
      notAfter: '260201000000Z',
    })
    writeFileSync(join(stage.folder('p-recipients'), 'old.cer'), recipient)
    const { advice } = await stage.planned({
      secondPlaceKind: 'none',
      recipientFolder: 'p-recipients',
      custodianFiles: ['old.cer'],
    })
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toEqual([
      'The package is written to one place only',
      'Every place is a folder of this computer',
      'The certificate in old.cer is valid from 2026-01-01 to 2026-02-01 (UTC)',
      'One certificate opens the package alone',
    ])
  })
})

describe('a review blocks', () => {
  it('on a group that is not active, with the way to its ceremony', async () => {
    expect(await blockers({ group: 'sg-aaaaaaaaaaaa' })).toEqual([
      'The share group is not known here: Not in the list of this profile',
    ])
    const { register } = stage.means
    const [group] = register.groups()
    if (group === undefined) throw new Error('no group')
    for (const [state, words] of [
      ['void', 'its ceremony is void'],
      ['in-ceremony', 'its ceremony has not ended'],
      ['replaced', 'replaced by another group'],
    ] as const) {
      stage.means = { ...stage.means, register: { ...register, groups: () => [{ ...group, state }] } }
      const { advice } = await stage.planned()
      expect(advice.blockers).toMatchObject([{ measured: words, screen: 'recipients' }])
      expect(advice.blockers[0]?.limit).toContain('share ceremony')
    }
  })

  it('on a certificate that may sign, until a person says that it encrypts', async () => {
    expect(await blockers({ othersEncrypt: false })).toEqual([
      'Nothing on record uses certificate KT_One: its key may be one that signs: 0 backups, no TDE database',
    ])
    expect(await blockers({ certificates: ['KT_None'] })).toEqual([
      'Certificate KT_None can’t be escrowed: not there, or not visible with this login',
    ])
  })

  it('on recipients that can’t open it: too short, not RSA, for signing only, twice, no certificate', async () => {
    const at = (name: string): string => join(stage.folder('p-recipients'), name)
    const rsa = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
    const key = rsa(2048)
    writeFileSync(at('short.cer'), makeCertificate(rsa(1024)))
    writeFileSync(at('one.cer'), makeCertificate(key))
    writeFileSync(at('same-key.cer'), makeCertificate(key, { serialHex: '1234' }))
    writeFileSync(at('text.pem'), 'no certificate')
    const request = ['req', '-x509', '-nodes', '-days', '10', '-subj', '/CN=x', '-keyout', at('key')]
    opensslPrints(...request, '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at('ec.pem'))
    const onlySigns = ['-newkey', 'rsa:2048', '-addext', 'keyUsage=digitalSignature']
    opensslPrints(...request, ...onlySigns, '-out', at('sign.pem'))
    const custodianFiles = [
      'short.cer',
      'one.cer',
      'same-key.cer',
      'text.pem',
      'ec.pem',
      'sign.pem',
      'no.cer',
    ]
    const found = await blockers({ recipientFolder: 'p-recipients', custodianFiles })
    expect(found.map((line) => line.replace(/SHA-256 .*/, 'SHA-256'))).toEqual([
      `no.cer is not there: ${stage.folder('p-recipients')}`,
      'The certificate in short.cer can’t be a recipient: its key has 1024 bits',
      'The key of the certificate in same-key.cer is there already: SHA-256',
      'The certificate in text.pem can’t be a recipient: it holds no single certificate in DER or PEM',
      'The certificate in ec.pem can’t be a recipient: its key is not RSA',
      'The certificate in sign.pem can’t be a recipient: it may be used for digitalSignature only',
    ])
  })

  it('on one key twice: of the server and of a file', async () => {
    const { certificate } = await pfxOfServer()
    writeFileSync(join(stage.folder('p-files'), 'same.cer'), certificate)
    writeFileSync(join(stage.folder('p-files'), 'same.pvk'), 'x')
    const { advice } = await stage.planned({
      fileFolder: 'p-files',
      certificateFile: 'same.cer',
      privateKeyFile: 'same.pvk',
    })
    expect(advice.blockers).toMatchObject([
      { what: 'Certificate of same.cer has the key of Certificate KT_One', screen: 'files' },
    ])
  })

  it('on a place whose path the list of packages could not hold, before anything is sealed', async () => {
    mkdirSync(stage.folder('p-deep'), { recursive: true })
    const deep = stage.folder('p-deep')
    expect(await blockers({ secondPlace: 'p-deep' })).toEqual([
      `Nothing can be written to ${deep}: its path has ${deep.length} characters, and the list of packages holds 400`,
    ])
  })

  it('on places and folders that are gone', async () => {
    rmSync(stage.folder('p-two'), { recursive: true })
    expect(await blockers({ place: 'p-unknown' })).toEqual([
      'Your folder is not known any more: Not among the picked folders',
      `Nothing can be written to ${stage.folder('p-two')}: it is not there`,
    ])
    rmSync(stage.folder('p-recipients'), { recursive: true })
    expect(
      await blockers({ secondPlaceKind: 'none', recipientFolder: 'p-recipients', custodianFiles: ['a.cer'] }),
    ).toHaveLength(1)
  })

  it('on key files that are not there, empty, or of another issuer, and on a pair whose use nobody named', async () => {
    const at = (name: string): string => join(stage.folder('p-files'), name)
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    writeFileSync(at('empty.key'), '')
    writeFileSync(
      at('issued.cer'),
      makeCertificate(key, {
        issuer: 'A root',
        signer: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
      }),
    )
    writeFileSync(at('issued.pvk'), 'x')
    symlinkSync(at('issued.pvk'), at('link.backup'))
    chmodSync(at('issued.pvk'), 0o600)
    const found = await blockers({
      certificates: [],
      othersEncrypt: false,
      fileFolder: 'p-files',
      certificateFile: 'issued.cer',
      privateKeyFile: 'issued.pvk',
      masterKeyFile: 'empty.key',
      masterKeyPassword: 'h-kept',
      vaultBackups: ['link.backup'],
    })
    expect(found).toEqual([
      'issued.cer can’t be used: another issuer signed it: CN=A root',
      'empty.key can’t be used: the file is empty',
      `link.backup is not there: ${stage.folder('p-files')}`,
      'Nothing says what the key of issued.cer is for: it may be one that signs: A file says nothing of its use',
    ])
  })
})

const ofVault = { azure: 't-azure', vault: 'ktr-there.vault.azure.net' }
const twoContainers = (third: string): Answers => ({
  azure: 't-azure',
  secondPlaceKind: 'blob-container',
  secondPlaceAccount: 'g/account1',
  secondPlaceContainer: 'same',
  thirdPlaceKind: 'blob-container',
  thirdPlaceAccount: 'g/account1',
  thirdPlaceContainer: third,
})

describe('answers', () => {
  const problems = (screen: Parameters<typeof escrowExportScreenProblems>[0], changes: Answers): string[] =>
    escrowExportScreenProblems(screen, { ...exportAnswers(stage), ...changes }).map(({ field }) => field)

  it('need no vault and no container: what is hidden counts for nothing', () => {
    const leftOver = { secondPlaceKind: 'none', secondPlaceAccount: '?', thirdPlaceContainer: '?' }
    expect(problems('places', leftOver)).toEqual([])
    expect(problems('keys', { vault: 'ktr-there.vault.azure.net' })).toEqual([])
  })

  it('are complete as the tests give them', () => {
    for (const screen of ['keys', 'files', 'recipients', 'places'] as const)
      expect(problems(screen, {})).toEqual([])
  })

  it.each<[Parameters<typeof escrowExportScreenProblems>[0], Answers, string]>([
    ['files', { certificates: [], keptPasswords: [] }, 'certificateFile'],
    ['keys', { certificates: ['a', 'a'] }, 'certificates'],
    ['keys', { certificates: Array.from({ length: 21 }, (_, at) => `c${at}`) }, 'certificates'],
    ['keys', { certificates: ["x'\n;--"] }, 'certificates'],
    ['keys', { keptPasswords: ['../keyring.json'] }, 'keptPasswords'],
    ['files', { masterKeyFile: 'a.key' }, 'fileFolder'],
    ['files', { fileFolder: 'p-files', masterKeyFile: 'a.key' }, 'masterKeyPassword'],
    [
      'files',
      { fileFolder: 'p-files', masterKeyFile: '../a.key', masterKeyPassword: 'h-kept' },
      'masterKeyFile',
    ],
    ['files', { fileFolder: 'p-files', certificateFile: 'a.pfx', privateKeyFile: 'a.pvk' }, 'privateKeyFile'],
    ['files', { fileFolder: 'p-files', certificateFile: 'a.cer' }, 'privateKeyFile'],
    ['files', { fileFolder: 'p-files', privateKeyFile: 'a.pvk' }, 'certificateFile'],
    ['files', { fileFolder: 'p-files', vaultBackups: ['a', 'a'] }, 'vaultBackups'],
    ['files', { passphrase: 'h-typed', passphraseBackup: 'b' }, 'passphraseName'],
    ['files', { passphrase: 'h-typed', passphraseName: 'a', passphraseBackup: '' }, 'passphraseBackup'],
    ['files', { passphrase: 'h-typed', passphraseName: 'a\u202eb', passphraseBackup: 'b' }, 'passphraseName'],
    ['files', { passphraseGeneration: 0 }, 'passphraseGeneration'],
    ['files', { passphraseGeneration: 1.5 }, 'passphraseGeneration'],
    ['recipients', { group: null }, 'group'],
    ['recipients', { custodianFiles: ['a.cer'] }, 'recipientFolder'],
    ['recipients', { recipientFolder: 'p-recipients', custodianFiles: ['../a.cer'] }, 'custodianFiles'],
    ['recipients', { recipientFolder: 'p-recipients', recoveryFiles: ['a.pfx'] }, 'recoveryFiles'],
    [
      'recipients',
      { recipientFolder: 'p-recipients', custodianFiles: ['a.cer'], recoveryFiles: ['a.cer'] },
      'recoveryFiles',
    ],
    ['places', { place: null }, 'place'],
    ['places', { placeKind: 'none' }, 'placeKind'],
    ['places', { secondPlace: null }, 'secondPlace'],
    ['places', { thirdPlaceKind: 'blob-container' }, 'thirdPlaceKind'],
    ['places', { azure: 't-azure', thirdPlaceKind: 'blob-container' }, 'thirdPlaceAccount'],
    [
      'places',
      { azure: 't-azure', thirdPlaceKind: 'blob-container', thirdPlaceAccount: 'g/account1' },
      'thirdPlaceContainer',
    ],
    ['places', { ...twoContainers('backups'), thirdPlaceContainer: 'Not_One' }, 'thirdPlaceContainer'],
    ['places', twoContainers('same'), 'thirdPlaceContainer'],
    ['keys', { vaultKeys: ['KEY'] }, 'azure'],
    ['keys', { azure: 't-azure', vaultKeys: ['KEY'] }, 'vault'],
    ['keys', { azure: 't-azure', vault: 'example.com', vaultKeys: ['KEY'] }, 'vault'],
    ['keys', { ...ofVault, vaultKeys: ['KEY', 'KEY'] }, 'vaultKeys'],
    ['keys', { ...ofVault, vaultKeys: ['no/key'] }, 'vaultKeys'],
    ['keys', { ...ofVault, vaultKeys: Array.from({ length: 21 }, (_, at) => `k${at}`) }, 'vaultKeys'],
    ['files', { fileFolder: 'p-files', serviceKeyFile: 'a.key' }, 'serviceKeyPassword'],
    ['places', { secondPlace: 'p-one' }, 'secondPlace'],
    ['places', { thirdPlace: '/etc' }, 'thirdPlace'],
    ['places', { placeKind: 'tape' }, 'placeKind'],
  ])('on %s: %j names %s', (screen, changes, field) => {
    expect(problems(screen, changes)).toContain(field)
  })
})

describe('certificates in files', () => {
  it('are read from PEM and from DER; a file with a private key or with two is none', () => {
    const der = makeCertificate(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
    const pem = `text before\n-----BEGIN CERTIFICATE-----\r\n${der.toString('base64')}\r\n-----END CERTIFICATE-----\n`
    expect(certificateIn(der, 'a').equals(der)).toBe(true)
    expect(certificateIn(Buffer.from(pem), 'a').equals(der)).toBe(true)
    const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
    for (const text of [pem + pem, pem + key, key, '-----BEGIN CERTIFICATE-----'])
      expect(() => certificateIn(Buffer.from(text), 'a')).toThrow('file-not-certificate')
  })

  it('tell what their key may be used for', () => {
    const out = join(stage.root, 'usage.pem')
    opensslPrints(
      ...['req', '-x509', '-nodes', '-days', '10', '-subj', '/CN=x', '-newkey', 'rsa:2048'],
      ...['-keyout', join(stage.root, 'key'), '-out', out],
      ...['-addext', 'keyUsage=critical,keyEncipherment,dataEncipherment,decipherOnly'],
    )
    const der = certificateIn(readFileSync(out), 'a')
    expect(keyUsageOf(der, 'a')).toEqual(['keyEncipherment', 'dataEncipherment', 'decipherOnly'])
    const plain = makeCertificate(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
    expect(keyUsageOf(plain, 'a')).toBeNull()
    expect(() => keyUsageOf(der.subarray(1), 'a')).toThrow('file-damaged')
  })
})
