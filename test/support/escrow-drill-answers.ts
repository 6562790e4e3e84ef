import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answers } from '../../shared/forms/form.ts'
import { asPlaceId, asRunId, asShareGroupId } from '../../shared/model/ids.ts'
import { openRegister } from '../../electron/escrow/register.ts'
import { verifyPackage } from '../../electron/escrow/package/verify.ts'
import { refOf } from '../../electron/profile/target-ref.ts'
import { targetNamed } from './certificate-answers.ts'
import { pickFolder } from './encrypted-backup-answers.ts'
import type { NewItem } from '../../electron/escrow/package/write.ts'
import { makeTestGroup, testSigner, type TestGroup } from './escrow-package.ts'
import { certificateItem, packageWith, passphraseItem, writeTo } from './escrow-drill-package.ts'
import {
  backupsToDrill,
  drillServer,
  drillShare,
  drillSource,
  type DrillBackups,
} from './restore-drill-answers.ts'
import { tokenRefOf } from './hsm-key-answers.ts'
import { registerGroupIn } from './share-group.ts'
import { twoTokenKeys } from './token-keys.ts'

/** Where the package lies, and where the holders' files do. */
export const [mediumFolder, holdersFolder] = ['medium', 'holders']
export const drilledPassphrase = 'Drilled-Passphrase-Of-The-Store-5'
const handOutPassword = 'Hand-Out-Password-1'
const noted = 'noted.json'

/** What people noted outside of the program: the fingerprint of who signed, and the names of the holders’ files. */
export interface Noted {
  fingerprint: string
  files: string[]
  shares: string[]
  package: string
}
export const notedOf = (home: string): Noted => JSON.parse(readFileSync(join(home, noted), 'utf8')) as Noted

interface Where {
  profile: string
  home: string
  /** Folder of the package below the home folder. */
  medium?: string
}

/**
 * A real encrypted backup; its certificate and a passphrase in a package of a group of three; the shares in files, the
 * group and the package in the profile’s list, which the next start of the program reads.
 */
export const packageToDrill = async (stage: DrillBackups, where: Where): Promise<Noted> => {
  await backupsToDrill(stage, { chain: false })
  const certificate = certificateItem(await handOut(stage), 'KT_Drill', drillSource)
  return layPackage(where, () => [certificate, passphraseItem(drilledPassphrase)])
}

/** The same with two keys of a token that is gone. */
export const tokenPackageToDrill = (where: Where): Promise<Noted> =>
  layPackage(where, (group) => twoTokenKeys(group).items)

const layPackage = async (
  { profile, home, medium = mediumFolder }: Where,
  itemsFor: (group: TestGroup) => NewItem[],
): Promise<Noted> => {
  for (const folder of [medium, holdersFolder]) mkdirSync(join(home, folder), { recursive: true })
  const group = await makeTestGroup(2, 3)
  const signer = testSigner()
  const made = packageWith(itemsFor(group), { group, signer })
  writeTo(join(home, medium), made)
  const groupId = asShareGroupId(await registerGroupIn(profile, group))
  const { manifest, manifestSha256 } = verifyPackage(made.files, { kind: 'nobody' })
  await (
    await openRegister(profile)
  ).addPackage({
    id: made.id,
    made: { at: manifest.made.at, run: asRunId(manifest.made.run) },
    group: groupId,
    recipients: [],
    items: manifest.items,
    storedAt: [],
    manifestSha256,
    replacedBy: null,
  })
  const files = group.shares.map((_, index) => `keyturn-share-${groupId.slice(3)}-${index + 1}-of-3.txt`)
  for (const [index, name] of files.entries())
    writeFileSync(join(home, holdersFolder, name), `${group.shares[index] ?? ''}\n`)
  const notes = { fingerprint: signer.fingerprint, files, shares: group.shares, package: made.id }
  writeFileSync(join(home, noted), JSON.stringify(notes))
  return notes
}

const handOut = async ({ program, ask }: DrillBackups) => {
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.name === drillSource)
  if (!found) throw new Error(`no connection ${drillSource}`)
  const server = await program.servers.open(refOf(found.connection))
  const [row] = await server.query(
    `SELECT CERTENCODED(c.certificate_id) AS certificate, CERTPRIVATEKEY(c.certificate_id, N'${handOutPassword}') AS pvk FROM master.sys.certificates AS c WHERE c.name = N'KT_Drill'`,
  )
  return {
    certificate: row?.['certificate'] as Uint8Array,
    pvk: row?.['pvk'] as Uint8Array,
    password: handOutPassword,
  }
}

/** As holders and a person fill the form in: two shares from their files, one after the other. */
export const answersOfEscrowDrill = async (
  { ask }: Pick<DrillBackups, 'ask'>,
  home: string,
  changes: Answers = {},
): Promise<Answers> => {
  const { fingerprint, files } = notedOf(home)
  const packageFolder = await pickFolder(ask, mediumFolder)
  const place = await pickFolder(ask, holdersFolder)
  const give = async (name: string, others: string[]): Promise<string> => {
    const share = { kind: 'file', place, name } as const
    const { handle } = await ask('escrowDrill.takeShare', {
      package: asPlaceId(packageFolder),
      packageName: '',
      share,
      others,
    })
    return handle
  }
  const share1 = await give(files[2] ?? '', [])
  return {
    purpose: 'drill',
    packageFolder,
    packageName: '',
    signerFingerprint: fingerprint,
    items: ['1', '2'],
    openWith: 'shares',
    share1,
    share2: await give(files[0] ?? '', [share1]),
    recipientFolder: null,
    recipientKeyFile: '',
    recipientPassphrase: null,
    drillTarget: await targetNamed(ask, drillServer),
    masterKeyMode: 'throw-away',
    masterKeyPassword: null,
    backupFiles: `${drillShare}\\full.bak`,
    ...changes,
  }
}

/** The same for the rehearsal’s token, whose key wrap was probed. */
export const answersOfTokenDrill = async (
  stage: Pick<DrillBackups, 'ask'>,
  home: string,
  changes: Answers = {},
): Promise<Answers> =>
  answersOfEscrowDrill(stage, home, {
    putOn: 'token',
    hsm: (await tokenRefOf(stage.ask))?.id ?? null,
    pinMode: 'kept',
    drillTarget: null,
    masterKeyMode: null,
    backupFiles: '',
    ...changes,
  })
