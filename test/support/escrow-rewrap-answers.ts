import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId, asShareGroupId } from '../../shared/model/ids.ts'
import { folderPlace } from '../../electron/escrow/place-folder.ts'
import { verifyPackage } from '../../electron/escrow/package/verify.ts'
import { openRegister } from '../../electron/escrow/register.ts'
import type { Ask } from './ask.ts'
import { pickFolder } from './encrypted-backup-answers.ts'
import { makeRecipient, makeSample, makeTestGroup, rsaTokenKey, testSigner } from './escrow-package.ts'
import { registerGroup } from './share-group.ts'

/** Where the old packages lie, and where the holders’ files do. */
export const [rewrapFolder, rewrapHolders] = ['vault-room', 'holders']

/** What people noted outside of the program; in a file, because each life of a crash trial is another process. */
export interface Rewrapped {
  old: { group: string; files: string[]; shares: string[] }
  next: { group: string; shares: string[] }
  packages: string[]
}
const noted = 'rewrapped.json'
export const rewrappedOf = (home: string): Rewrapped =>
  JSON.parse(readFileSync(join(home, noted), 'utf8')) as Rewrapped

/**
 * A group that another one replaced, and packages of it with one item of each form: in the list, which the next start of
 * the program reads, and in a folder. `listedAt` false: the list does not say where, as in a profile that was copied.
 */
export const packagesToRewrap = async (
  { profile, home }: { profile: string; home: string },
  { count = 3, listedAt = true } = {},
): Promise<Rewrapped> => {
  const folder = join(home, rewrapFolder)
  for (const name of [rewrapFolder, rewrapHolders]) mkdirSync(join(home, name), { recursive: true })
  const [old, next] = [await makeTestGroup(2, 3), await makeTestGroup(2, 3)]
  const renamed = { ...next, group: { ...next.group, facts: { ...next.group.facts, name: 'Board of 2027' } } }
  const register = await openRegister(profile)
  const groups = { old: await registerGroup(register, old), next: await registerGroup(register, renamed) }
  await register.changeGroup(asShareGroupId(groups.old), (facts) => ({
    ...facts,
    state: 'replaced',
    replacedBy: asShareGroupId(groups.next),
  }))
  const [signer, recipient, token] = [testSigner(), makeRecipient(), rsaTokenKey()]
  const packages: string[] = []
  for (let made = 0; made < count; made += 1) {
    const { wanted, files } = makeSample(old, made === 0 ? [recipient] : [], signer, token)
    await folderPlace({ folder, kind: 'folder', label: folder }).write(wanted.id, files)
    const { manifest, manifestSha256 } = verifyPackage(files, { kind: 'nobody' })
    await register.addPackage({
      id: wanted.id,
      made: { at: manifest.made.at, run: asRunId(manifest.made.run) },
      group: manifest.group.id,
      recipients: manifest.recipients,
      items: manifest.items,
      storedAt: listedAt
        ? [{ kind: 'folder', label: folder, state: 'escrowed', readBackAt: manifest.made.at }]
        : [],
      manifestSha256,
      replacedBy: null,
    })
    packages.push(wanted.id)
  }
  const files = old.shares.map((_, index) => `keyturn-share-${groups.old.slice(3)}-${index + 1}-of-3.txt`)
  for (const [index, name] of files.entries())
    writeFileSync(join(home, rewrapHolders, name), `${old.shares[index] ?? ''}\n`)
  const notes: Rewrapped = {
    old: { group: groups.old, files, shares: old.shares },
    next: { group: groups.next, shares: next.shares },
    packages,
  }
  writeFileSync(join(home, noted), JSON.stringify(notes))
  return notes
}

/** As holders and a person fill the form in: two shares of the old group from their files. */
export const answersOfRewrap = async (ask: Ask, home: string, changes: Answers = {}): Promise<Answers> => {
  const { old, next, packages } = rewrappedOf(home)
  const place = await pickFolder(ask, rewrapHolders)
  const give = async (name: string, others: string[]): Promise<string> => {
    const share = { kind: 'file', place, name } as const
    const { handle } = await ask('escrowDrill.takeShare', { group: old.group, share, others })
    return handle
  }
  const share1 = await give(old.files[2] ?? '', [])
  return {
    oldGroup: old.group,
    lookIn: await pickFolder(ask, rewrapFolder),
    packages,
    newGroup: next.group,
    recipientMode: 'keep',
    placeMode: 'same',
    share1,
    share2: await give(old.files[0] ?? '', [share1]),
    ...changes,
  }
}
