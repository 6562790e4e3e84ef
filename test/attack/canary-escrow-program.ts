/**
 * A rehearsal in a process of its own, with debug output ordered on: a share ceremony, a key of a token wrapped for a
 * vault and for the group, its import, an export, a drill of that, all through the channels of the window. What was secret
 * meanwhile is recovered afterwards from the holders' media and the packages, and looked for in all that was written,
 * answered, or could be seen of the processes. It is handed over in the file that the argument names, so that what this
 * process printed can be searched as well.
 */
import { constants, createPrivateKey, privateDecrypt } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answers } from '../../shared/forms/form.ts'
import type { JobId } from '../../shared/model/job.ts'
import { startClean } from '../../electron/platform/clean-start.ts'

startClean()
const { joinShares } = await import('../../electron/formats/slip39/index.ts')
const { readCms } = await import('../../electron/formats/cms/index.ts')
const { openGroupKey } = await import('../../electron/escrow/share-group.ts')
const { openItem } = await import('../../electron/escrow/package/open.ts')
const { verifyPackage } = await import('../../electron/escrow/package/verify.ts')
const { readPackageFolder } = await import('../../electron/escrow/place-folder.ts')
const { readShareFile } = await import('../../electron/escrow/share-file.ts')
const { keyIdOf } = await import('../../electron/wizards/hsm-key/plan.ts')
const { openRehearsal } = await import('../support/rehearsal.ts')
const { askOf } = await import('../support/ask.ts')
const { pickFolder, saveDraft } = await import('../support/encrypted-backup-answers.ts')
const { answersOfExport, exportFolders, prepareGroup, prepareServer } =
  await import('../support/escrow-export-answers.ts')
const { hsmKeyAnswers, makeKeks, ownToken, tokenRefOf } = await import('../support/hsm-key-answers.ts')
const { transferAnswers } = await import('../support/key-import-answers.ts')
const { targetNamed } = await import('../support/job-answers.ts')
const { drillServer } = await import('../support/restore-drill-answers.ts')
const { azureRefOf } = await import('../support/vault-answers.ts')
const { asPlaceId, asRunId } = await import('../../shared/model/ids.ts')
const { wordsOf } = await import('../support/escrow-package.ts')
const { createObserver, processes } = await import('./canary-observe.ts')
const { formsOfBytes } = await import('./canary-words.ts')

const [, , told = ''] = process.argv
const media = ['stick-1', 'stick-2', 'stick-3']
const house = await openRehearsal(prepareGroup)
const { program, home } = house
const profile = join(home, '..', 'profile')
const seen = join(home, 'seen')
for (const folder of ['seen', 'transfers', ...media]) mkdirSync(join(home, folder))
const observer = createObserver(seen)
const ask = askOf({ ...program, ...observer.traced(program) })
let looked = 0
const lookAtProcesses = (): void => {
  looked += 1
  observer.keep('processes', processes(process.pid).join('\n'))
}
program.engine.events.on('run-changed', lookAtProcesses)

const run = async (job: JobId, answers: Answers): Promise<string> => {
  const draft = await saveDraft(ask, answers, job)
  const { digest, advice } = await ask('wizard.review', { draft })
  if (advice.blockers.length > 0) throw new Error(`${job}: ${JSON.stringify(advice.blockers)}`)
  const { run: id } = await ask('runs.start', { digest, ticket: 'T-1', reason: 'canaries' })
  const { state, steps } = await program.engine.settled(asRunId(id))
  if (state !== 'verified') throw new Error(`${job}: ${state} ${JSON.stringify(steps)}`)
  await ask('runs.get', { run: asRunId(id) })
  await ask('runs.report', { run: asRunId(id), place: asPlaceId(await pickFolder(ask, 'seen')) })
  return id
}

const ceremony = async (): Promise<string> => {
  const holders = ['Ana Ruiz', 'Bo Chen', 'Chidi Obi'].map((name) => ({ name, medium: 'file' as const }))
  const plan = { name: 'Canary keys', threshold: 2, holders, witnesses: [], replaces: null }
  const { group } = await ask('ceremony.begin', plan)
  for (const [index, name] of media.entries()) {
    const holder = index + 1
    await ask('ceremony.take', { group, holder })
    await ask('ceremony.write', { group, holder, place: asPlaceId(await pickFolder(ask, name)) })
    lookAtProcesses()
    await ask('ceremony.readBack', { group, holder })
  }
  return group
}

const shareOn = (medium: string): string => {
  const [name = ''] = readdirSync(join(home, medium))
  return readShareFile(readFileSync(join(home, medium, name))).use((bytes) => bytes.toString())
}

const checkShare = async (group: string): Promise<void> => {
  const against = { kind: 'group', group } as const
  const words = new TextEncoder().encode(shareOn('stick-2'))
  await ask('escrow.checkShare', { against, share: { kind: 'typed', words } } as never)
}

const makeKey = async (group: string, hsm: string, pin: string): Promise<string> => {
  await ask('hsm.probe', { id: hsm as never, seen: null })
  const kept = await ask('secrets.keep', {
    purpose: 'hsm.pin',
    target: hsm as never,
    label: 'PIN',
    rule: 'token-pin',
    bytes: new TextEncoder().encode(pin),
  })
  const { answers: keks } = await makeKeks(program, ask, 1)
  const place = await pickFolder(ask, 'transfers')
  return run('hsm-key', hsmKeyAnswers(hsm, { pin: kept.handle, destination: 'chosen', keks, group, place }))
}

const importKey = async (hsm: string, made: string): Promise<void> => {
  const file = readdirSync(join(home, 'transfers')).find((name) => name.endsWith('.byok')) ?? ''
  const place = await pickFolder(ask, 'transfers')
  const origin = { origin: 'token', hsm, tokenKey: keyIdOf(asRunId(made)) }
  await run('key-import', transferAnswers((await azureRefOf(ask)).id, place, { file, ...origin }))
}

const drill = async (): Promise<void> => {
  const packageFolder = await pickFolder(ask, exportFolders[0])
  const give = async (medium: string, others: string[]): Promise<string> => {
    const place = await pickFolder(ask, medium)
    const [name = ''] = readdirSync(join(home, medium))
    const share = { kind: 'file', place, name } as const
    const asked = { package: asPlaceId(packageFolder), packageName: '', share, others }
    return (await ask('escrowDrill.takeShare', asked)).handle
  }
  const share1 = await give('stick-1', [])
  await run('escrow-drill', {
    purpose: 'drill',
    packageFolder,
    packageName: '',
    signerFingerprint: '',
    items: ['1', '2'],
    openWith: 'shares',
    share1,
    share2: await give('stick-3', [share1]),
    recipientFolder: null,
    recipientKeyFile: '',
    recipientPassphrase: null,
    drillTarget: await targetNamed(ask, drillServer),
    masterKeyMode: 'throw-away',
    masterKeyPassword: null,
    backupFiles: '',
  })
}

const packageIn = async (folder: string) => {
  const name = readdirSync(join(home, folder)).find((one) => one.startsWith('keyturn-escrow-')) ?? ''
  return readPackageFolder(join(home, folder, name))
}

/** Parts of a private key that stand in no public half. */
const partsOf = (name: string, key: ReturnType<typeof createPrivateKey>): [string, Buffer][] => {
  const { d = '', p = '' } = key.export({ format: 'jwk' })
  return [
    [`private exponent of ${name}`, Buffer.from(d, 'base64url').subarray(40, 80)],
    [`prime of ${name}`, Buffer.from(p, 'base64url').subarray(20, 60)],
  ]
}

/** What was secret, by the shares and the packages alone. */
const secretsOf = async (pin: string): Promise<Map<string, Buffer>> => {
  const shares = media.map(shareOn)
  using splitSecret = joinShares(wordsOf(...shares.slice(1)))
  const key = { kind: 'shares', shares: wordsOf(...shares.slice(0, 2)) } as const
  const ofToken = await packageIn('transfers')
  const exported = await packageIn(exportFolders[0])
  verifyPackage(ofToken, { kind: 'known', fingerprints: program.record.countersigners() })
  const spki = createPrivateKeyOf(ofToken, splitSecret)
  const temporary = readCms(Buffer.from(ofToken.get('items/01.p7') ?? [])).recipients.map((one) =>
    one.kind === 'key-transport'
      ? privateDecrypt(
          { key: spki, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: one.oaep },
          one.encryptedKey,
        )
      : Buffer.of(),
  )
  const item = (files: typeof exported, number: number): Buffer =>
    openItem(files, { kind: 'nobody' }, key, number).content.use((bytes) => Buffer.from(bytes))
  const clear = createPrivateKey({ key: item(ofToken, 1), format: 'der', type: 'pkcs8' })
  return new Map<string, Buffer>([
    ['PIN', Buffer.from(pin)],
    ['split secret', splitSecret.use((bytes) => Buffer.from(bytes))],
    ...temporary.map((bytes, index) => [`temporary key ${index + 1}`, bytes] as const),
    ...partsOf('the group', spki),
    ...partsOf('the token’s key', clear),
    ...partsOf('the certificate', createPrivateKey(item(exported, 1).toString())),
    ['kept password', item(exported, 2)],
    // The first words of a share are the same in all of its group, and public.
    ...shares.map(
      (words, index) => [`share ${index + 1}`, Buffer.from(words.split(' ').slice(6, 10).join(' '))] as const,
    ),
  ])
}

const createPrivateKeyOf = (
  files: Awaited<ReturnType<typeof packageIn>>,
  joined: Parameters<typeof openGroupKey>[1],
): ReturnType<typeof createPrivateKey> => {
  const pem = Buffer.from(files.get('group/public.pem') ?? []).toString()
  const spki = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  using pkcs8 = openGroupKey(files.get('group/private.p7') ?? Buffer.of(), joined, spki)
  return pkcs8.use((key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
}

/** Private disks of the simulated systems, and the holders’ own. */
const isOutside = (path: string): boolean =>
  path === join(profile, 'simulators') || media.some((name) => path === join(home, name))

const filesBelow = (path: string): string[] =>
  isOutside(path)
    ? []
    : statSync(path).isDirectory()
      ? readdirSync(path).flatMap((name) => filesBelow(join(path, name)))
      : [path]

const hitsIn = (files: readonly string[], secrets: ReadonlyMap<string, Buffer>): string[] => {
  const forms = [...secrets].flatMap(([name, bytes]) =>
    [...formsOfBytes(bytes)].map(([form, needle]) => [`${name}, ${form}`, needle] as const),
  )
  return files.flatMap((path) => {
    const content = readFileSync(path)
    return forms.flatMap(([name, needle]) => (content.includes(needle) ? [`${name} in ${path}`] : []))
  })
}

try {
  const hsm = (await tokenRefOf(ask))?.id
  if (hsm === undefined) throw new Error('SoftHSM and pkcs11js are needed for this')
  const own = await ownToken(house.simulators)
  await own.end()
  const group = await ceremony()
  await checkShare(group)
  await importKey(hsm, await makeKey(group, hsm, own.pin))
  await prepareServer({ program, ask })
  await run('escrow-export', await answersOfExport(ask, home, { group }))
  await drill()
  await ask('escrow.groups', { page: { sort: null, search: '', filters: [], offset: 0, limit: 100 } })
  await ask('keyring.lock', {})
  const secrets = await secretsOf(own.pin)
  const files = [profile, home].flatMap(filesBelow)
  const hits = hitsIn(files, secrets)
  const planted = [...secrets.values()].map((bytes, index) => {
    const path = join(seen, `planted-${index}`)
    writeFileSync(path, Buffer.concat([Buffer.from('x'), bytes, Buffer.from('y')]))
    return path
  })
  const found = new Set(hitsIn(planted, secrets).map((hit) => hit.split(' in ').at(-1))).size
  writeFileSync(told, JSON.stringify([...secrets].map(([name, bytes]) => [name, bytes.toString('base64')])), {
    mode: 0o600,
  })
  const names = [...secrets.keys()]
  process.stdout.write(
    `${JSON.stringify({ hits, files: files.length, looked, names, planted: planted.length, found })}\n`,
  )
} finally {
  rmSync(join(home, 'seen'), { recursive: true, force: true })
  await house.end()
}
process.exit(0)
