import { lstat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { checkCode } from '../formats/slip39/index.ts'
import { readManifest, type ManifestGroup } from '../escrow/package/manifest.ts'
import { memberOf, openPackage, type PackageKey } from '../escrow/package/open.ts'
import { limitOf, manifestPath, type PackageFiles } from '../escrow/package/paths.ts'
import type { SignerStanding, SignerTrust } from '../escrow/package/signer.ts'
import { verifyPackage } from '../escrow/package/verify.ts'
import { readPackageFolder } from '../escrow/place-folder.ts'
import { asksForPassphrase, longestKeyFile, readRecipientKey } from '../escrow/recipient-key.ts'
import { longestShareFile, readShareFile } from '../escrow/share-file.ts'
import { writeNewFile } from '../platform/atomic-file.ts'
import { readFileCapped } from '../platform/read-file.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import { askShare } from './ask-share.ts'
import { exitWords, itemLine, packageLines, signerLines } from './escrow-words.ts'
import type { SecretLines } from './secret-lines.ts'

export const escrowUsage = `keyturn escrow verify FOLDER         whether a package is whole and unchanged
keyturn escrow open FOLDER --item N --out FILE
                                     one item, into a new file; with --share FILE once for each share, with
                                     --key FILE for a recipient's private key in PEM, or with shares that are typed
keyturn escrow check-share FOLDER    whether a share is of this package's group; --share FILE or typed.
                                     Takes the package's MANIFEST.json alone as well
Option: --signer FINGERPRINT         64 hex digits of the key that has to have signed the package`

/** What a command talks through; tests pass their own. */
export interface EscrowTerminal {
  print(line: string): void
  /** To standard error. */
  say(line: string): void
  secrets(): SecretLines
}

export const exitCodes = { done: 0, notDone: 1, notUnderstood: 2, signerNotGiven: 3 } as const

/** Thrown for a command line that can't be followed. Its text names what to change and never repeats a value. */
class Misused extends Error {}

/**
 * `keyturn escrow …`: needs no profile, no keyring and no network. Secrets come from files or the terminal, never from
 * arguments or the environment. Gives the exit code; what was not done is thrown as a `KeyturnError`.
 */
export const escrowCommand = async (args: readonly string[], terminal: EscrowTerminal): Promise<number> => {
  try {
    const asked = askedOf(args)
    const command = commands[asked.command]
    if (command === undefined) throw new Misused('verify, open or check-share has to follow')
    return await command(asked, terminal)
  } catch (error) {
    if (!(error instanceof Misused)) throw error
    terminal.say(`keyturn escrow: ${error.message}.\n${escrowUsage}\n${exitWords}`)
    return exitCodes.notUnderstood
  }
}

interface Asked {
  command: string
  place: string
  signer: string | undefined
  shares: readonly string[]
  key: string | undefined
  item: string | undefined
  out: string | undefined
}

const askedOf = (args: readonly string[]): Asked => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        signer: { type: 'string' },
        share: { type: 'string', multiple: true },
        key: { type: 'string' },
        item: { type: 'string' },
        out: { type: 'string' },
      },
    })
    const [command = '', place, ...more] = positionals
    if (place === undefined || more.length > 0) throw new Misused('one folder has to be named')
    const { signer, share = [], key, item, out } = values
    return { command, place, signer, shares: share, key, item, out }
  } catch (error) {
    if (error instanceof Misused) throw error
    // The parser repeats what was typed, which can be a secret that somebody put there by mistake.
    throw new Misused('an option is not known, or stands without its value')
  }
}

const only = (asked: Asked, ...allowed: (keyof Asked)[]): void => {
  for (const option of ['shares', 'key', 'item', 'out'] as const)
    if (!allowed.includes(option) && asked[option] !== undefined && asked[option]?.length !== 0)
      throw new Misused(`--${option === 'shares' ? 'share' : option} does not go with ${asked.command}`)
}

const trustOf = ({ signer }: Asked): SignerTrust => {
  if (signer === undefined) return { kind: 'nobody' }
  const fingerprint = signer.replaceAll(/[\s:]/g, '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(fingerprint)) throw new Misused('--signer takes 64 hex digits')
  return { kind: 'given', fingerprint }
}

const codeFor = (standing: SignerStanding): number =>
  standing === 'package-only' ? exitCodes.signerNotGiven : exitCodes.done

const commands: Readonly<Record<string, (asked: Asked, terminal: EscrowTerminal) => Promise<number>>> = {
  verify: async (asked, { print }) => {
    only(asked)
    const trust = trustOf(asked)
    const check = verifyPackage(await filesOf(asked), trust)
    packageLines(check).forEach(print)
    return codeFor(check.signer.standing)
  },
  open: async (asked, terminal) => {
    only(asked, 'shares', 'key', 'item', 'out')
    const trust = trustOf(asked)
    const number = itemNumberOf(asked)
    const out = await newFileOf(asked)
    if (asked.key !== undefined && asked.shares.length > 0)
      throw new Misused('--share and --key do not go together')
    const files = await filesOf(asked)
    // Before anything secret is asked for: a package that is not whole does not get to see it.
    const { manifest } = verifyPackage(files, trust)
    if (manifest.items[number - 1] === undefined)
      throw new KeyturnError('package-item-unknown', { number, count: manifest.items.length })
    return withKey(asked, manifest.group, terminal, (key) =>
      openTo(files, trust, key, { number, out }, terminal),
    )
  },
  'check-share': async (asked, terminal) => {
    only(asked, 'shares')
    if (asked.shares.length > 1) throw new Misused('check-share takes one share')
    const { group, lines, code } = await groupOf(asked)
    const shares = await sharesOf(asked, terminal, 1)
    try {
      const [share] = shares
      if (share === undefined) throw new Misused('a share has to be given')
      const member = memberOf(group, share, '1')
      terminal.print(`Share ${member.number} of ${group.members.length} of ${group.name} (${group.id})`)
      terminal.print(`Holder: ${member.name}. Check code: ${checkCode(member.fingerprint)}`)
      terminal.print('Its words have the SHA-256 that the manifest lists for it')
      lines.forEach(terminal.print)
      return code
    } finally {
      for (const share of shares) share.wipe()
    }
  },
}

const vendorOf = ({ problem }: KeyturnError) =>
  problem.vendor === undefined ? {} : { vendor: problem.vendor }

/** Faults inside of the folder are told by their paths; of the folder itself the answer does not repeat the name. */
const filesOf = async ({ place }: Asked): Promise<PackageFiles> => {
  try {
    return await readPackageFolder(place)
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code !== 'package-not-read') throw error
    throw new KeyturnError(error.code, { place: 'the folder that was named' }, vendorOf(error))
  }
}

const itemNumberOf = ({ item }: Asked): number => {
  if (item === undefined || !/^[1-9][0-9]?$/.test(item))
    throw new Misused('--item takes the number of an item')
  return Number(item)
}

const newFileOf = async ({ out, place }: Asked): Promise<string> => {
  if (out === undefined || out === '') throw new Misused('--out has to name a new file')
  const path = resolve(out)
  const inside = relative(resolve(place), path)
  if (inside === '' || (inside !== '..' && !inside.startsWith(`..${sep}`) && inside !== path))
    throw new Misused('--out names a file inside the package, which would no longer be one')
  const there = await lstat(path).catch(() => null)
  if (there !== null) throw new KeyturnError('local-file-exists', { file: basename(path) })
  return path
}

const withKey = async (
  asked: Asked,
  group: ManifestGroup,
  terminal: EscrowTerminal,
  use: (key: PackageKey) => Promise<number>,
): Promise<number> => {
  if (asked.key !== undefined) {
    using pkcs8 = await privateKeyIn(asked.key, terminal)
    return use({ kind: 'private-key', pkcs8 })
  }
  const shares = await sharesOf(asked, terminal, group.threshold)
  try {
    return await use({ kind: 'shares', shares })
  } finally {
    for (const share of shares) share.wipe()
  }
}

const openTo = async (
  files: PackageFiles,
  trust: SignerTrust,
  key: PackageKey,
  { number, out }: { number: number; out: string },
  { print }: EscrowTerminal,
): Promise<number> => {
  using opened = openPackage(files, trust, key)
  const { item, content, trimmedZeros } = opened.item(number)
  using secret = content
  await secret.useAsync((bytes) => writeNewFile(out, bytes, { mode: 0o600 }))
  print(itemLine(item))
  print(`Written to ${basename(out)}: ${secret.length} bytes, readable by this account only`)
  if (item.kind === 'hsm-key') print('Its public half or check value is the one of the manifest')
  if (trimmedZeros > 0)
    print(`${trimmedZeros} zero bytes after the key, which its token had added, were left out`)
  signerLines(opened.signer).forEach(print)
  return codeFor(opened.signer.standing)
}

/** The group of a package, or of its manifest alone, of which nothing else can be checked. */
const groupOf = async (asked: Asked): Promise<{ group: ManifestGroup; lines: string[]; code: number }> => {
  const trust = trustOf(asked)
  const stat = await lstat(asked.place).catch(() => null)
  if (stat?.isFile() !== true) {
    const { manifest, signer } = verifyPackage(await filesOf(asked), trust)
    return { group: manifest.group, lines: signerLines(signer), code: codeFor(signer.standing) }
  }
  if (trust.kind === 'given')
    throw new Misused('--signer takes the whole folder: a manifest alone is not signed')
  const path = join(dirname(resolve(asked.place)), basename(asked.place))
  const { group } = readManifest(await unnamed('The manifest', path, limitOf(manifestPath)))
  return {
    group,
    lines: ['Who signed the manifest was not checked: it was given without its package'],
    code: exitCodes.signerNotGiven,
  }
}

/** From files, or as many as are needed from the terminal. The caller wipes them. */
const sharesOf = async (
  { shares: files }: Asked,
  { say, secrets }: EscrowTerminal,
  count: number,
): Promise<SecretBytes[]> => {
  const shares: SecretBytes[] = []
  try {
    if (files.length > 0) {
      for (const [index, file] of files.entries()) shares.push(await shareIn(file, index + 1))
      return shares
    }
    const lines = secrets()
    try {
      for (let number = 1; number <= count; number += 1) {
        const share = await askShare(lines, String(number), say)
        if (share === null) break
        shares.push(share)
      }
    } finally {
      lines.close()
    }
    return shares
  } catch (error) {
    for (const share of shares) share.wipe()
    throw error
  }
}

const shareIn = async (file: string, number: number): Promise<SecretBytes> => {
  const bytes = await unnamed(`The file of share ${number}`, file, longestShareFile)
  try {
    return readShareFile(bytes)
  } finally {
    bytes.fill(0)
  }
}

const keyFile = 'The key file'

/**
 * Reading, with a fixed word in place of the name that was typed: whoever types a secret where a file is asked for finds
 * it in no answer.
 */
const unnamed = async (file: string, path: string, limit: number): Promise<Buffer> => {
  try {
    return await readFileCapped(path, limit)
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error
    throw new KeyturnError(error.code, { file, limit }, vendorOf(error))
  }
}

const privateKeyIn = async (file: string, { secrets }: EscrowTerminal): Promise<SecretBytes> => {
  const bytes = await unnamed(keyFile, file, longestKeyFile)
  using pem = SecretBytes.take(bytes)
  if (!asksForPassphrase(pem)) return readRecipientKey(pem, null, keyFile)
  const lines = secrets()
  try {
    using passphrase = await lines.ask('Passphrase of the private key (not shown): ')
    return readRecipientKey(pem, passphrase, keyFile)
  } finally {
    lines.close()
  }
}
