import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { RequestAborted, SqlError } from '../errors.ts'
import { PAGE_SIZE, readBootPage } from '../pages.ts'
import type { BootContents } from '../pages.ts'
import type { Frame } from '../script.ts'
import { Progress, throttle } from './backup-common.ts'
import type { RestoreOptions } from './backup-grammar.ts'
import type { Target } from './restore-plan.ts'
import { backupPages, bytesOf } from './restore-source.ts'
import type { OpenedBackup } from './restore-source.ts'

const partOf = (target: Target): string => `${target.place.real}.restoring`

/** Pages go to files of their own first, so that a restore that fails leaves an existing database as it was. */
export async function writeFiles(
  frame: Frame,
  name: string,
  backup: OpenedBackup,
  targets: readonly Target[],
  options: RestoreOptions,
): Promise<BootContents> {
  const { instance } = frame.session
  const needed = targets.reduce((sum, target) => sum + target.file.bytes, 0)
  const letter = targets[0]?.place.drive.letter ?? 'C'
  if (instance.disk.freeBytes(letter) < needed) {
    throw new SqlError(
      3257,
      `There is insufficient free space on disk volume '${letter}:\\' to create the database. The database requires ${needed} additional free bytes, while only ${instance.disk.freeBytes(letter)} bytes are available.`,
    )
  }
  let boot: Buffer | undefined
  const writer = new FileSequence(targets)
  const progress = new Progress(frame, options.stats)
  let done = 0
  try {
    for await (const page of backupPages(
      frame,
      backup,
      () =>
        new SqlError(
          3183,
          `RESTORE detected an error on page (1:${Math.floor(done / PAGE_SIZE)}) in database "${name}" as read from the backup set.`,
        ),
    )) {
      await throttle(frame, page.length)
      if (frame.signal.aborted) throw new RequestAborted()
      if (boot === undefined) boot = page
      else await writer.write(page)
      done += page.length
      await progress.reached(done, bytesOf(backup))
    }
    if (boot === undefined) throw new SqlError(3189, 'Damage to the backup set was detected.')
    // Only now is every byte of it known to be what was written.
    const contents = readBootPage(boot)
    await writer.finish()
    return contents
  } catch (error) {
    await writer.discard()
    throw error
  }
}

class FileSequence {
  private readonly targets: readonly Target[]
  private index = 0
  private written = 0
  private handle: FileHandle | undefined

  constructor(targets: readonly Target[]) {
    this.targets = targets
  }

  async write(bytes: Buffer): Promise<void> {
    const target = this.targets[this.index]
    if (target === undefined) throw new SqlError(3189, 'Damage to the backup set was detected.')
    this.handle ??= await open(partOf(target), 'w', 0o600)
    await this.handle.write(bytes)
    this.written += bytes.length
    if (this.written >= target.file.bytes) await this.next()
  }

  private async next(): Promise<void> {
    await this.handle?.sync()
    await this.handle?.close()
    this.handle = undefined
    this.written = 0
    this.index += 1
  }

  async finish(): Promise<void> {
    if (this.index !== this.targets.length) throw new SqlError(3189, 'Damage to the backup set was detected.')
    for (const target of this.targets) await rename(partOf(target), target.place.real)
  }

  async discard(): Promise<void> {
    await this.handle?.close()
    this.handle = undefined
    for (const target of this.targets) await rm(partOf(target), { force: true })
  }
}
