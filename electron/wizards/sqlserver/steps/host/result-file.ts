import { join } from 'node:path'
import { z } from 'zod'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import { asPlaceId, runMark } from '../../../../../shared/model/ids.ts'
import { displayScript } from '../../../../../shared/model/script.ts'
import type { StepContext } from '../../../../engine/contract.ts'
import { removeLeftovers, writeFileAtomic } from '../../../../platform/atomic-file.ts'
import { isMissing, readFileCapped } from '../../../../platform/read-file.ts'
import type { HostStepParams } from '../../../../scripts/runbook/host-params.ts'
import { answersOf } from '../../../../scripts/powershell/answers.ts'
import { resultEnding } from '../../../../scripts/powershell/script.ts'
import { scriptOf } from '../help.ts'

/** A script that a person runs on the host, and the file in which it leaves what it read. */

const mostBytes = 2 * 1024 * 1024

/** Windows PowerShell 5.1 reads a file without this mark in the old code page of the computer. */
const utf8Mark = '\uFEFF'

export const resultName = (file: string): string => file.replace(/\.ps1$/, resultEnding)

const readIfThere = async (path: string): Promise<string | null> => {
  try {
    return (await readFileCapped(path, mostBytes)).toString('utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Writes the step's script, letter by letter; the run's mark is in its name, so an earlier attempt's is the same. */
export const saveScript = async (ctx: StepContext, place: string, file: string): Promise<void> => {
  const path = join(ctx.places.folderOf(asPlaceId(place)), file)
  const text = `${utf8Mark}${displayScript(scriptOf(ctx))}`
  if ((await readIfThere(path)) === text) return
  await removeLeftovers(path)
  await writeFileAtomic(path, Buffer.from(text))
}

const envelope = z.object({
  keyturn: z.literal(1),
  run: z.string(),
  computer: z.string(),
  at: z.iso.datetime(),
  replies: z.unknown(),
})

export interface ResultFile {
  answers: unknown[]
  at: string
  name: string
}

/**
 * What the script of this step left; null: no file yet. Somebody could have written it by hand: it says so on the result.
 * Throws `host-result-file` for one of another run or computer, and `host-refused` where the script did not get through.
 */
export const readResult = async (ctx: StepContext, params: HostStepParams): Promise<ResultFile | null> => {
  const { place, computer, calls } = params
  if (place === null) return null
  const name = resultName(params.file)
  const text = await readIfThere(join(ctx.places.folderOf(asPlaceId(place)), name))
  if (text === null) return null
  const refuse = (why: string): KeyturnError => new KeyturnError('host-result-file', { file: name, why })
  const read = envelope.safeParse(parsed(text))
  if (!read.success) throw refuse('it is not what the script writes')
  if (read.data.run !== runMark(ctx.runId)) throw refuse('it is of another run')
  if (read.data.computer.toUpperCase() !== computer.toUpperCase())
    throw refuse(`it is of computer ${read.data.computer}, not of ${computer}`)
  return { answers: answersOf(calls, read.data.replies, computer), at: read.data.at, name }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return null
  }
}
