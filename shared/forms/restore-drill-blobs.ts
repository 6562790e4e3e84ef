import { z } from 'zod'
import { blobUrlProblem, containerUrlProblem, mostStripes } from '../model/storage.ts'
import type { Condition, Field } from './form.ts'
import type { Say } from './draft-parts.ts'
import { accessFields, containerField } from './storage-fields.ts'
import { accessProblems, storageShape, type StorageAnswers } from './storage-draft.ts'

/** Blobs that the drill server reads: where they are, and how it reaches them. */

const longest = 20_000

export const blobsShape = {
  ...storageShape,
  blobUrls: z.preprocess((value) => value ?? '', z.string().max(longest)),
} as const

/** Not empty, without spaces around. */
export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

interface BlobAnswers extends StorageAnswers {
  filesWhere: 'same' | 'folder' | 'container' | 'blobs'
  blobUrls: string
}

export const blobProblems = (answers: BlobAnswers, say: Say<BlobAnswers>): void => {
  if (answers.filesWhere === 'container') say('containerUrl', containerUrlProblem(answers.containerUrl))
  if (answers.filesWhere === 'blobs') say('blobUrls', blobUrlsProblem(answers.blobUrls))
  if (answers.filesWhere === 'container' || answers.filesWhere === 'blobs') accessProblems(answers, say)
}

const blobUrlsProblem = (text: string): string | null => {
  const urls = linesOf(text)
  if (urls.length === 0) return 'No blob is named. Enter one address per line'
  if (urls.length > mostStripes) return `A backup has at most ${mostStripes} stripes. Enter as many addresses`
  for (const [index, url] of urls.entries()) {
    const problem = blobUrlProblem(url, `The address in line ${index + 1}`)
    if (problem !== null) return problem
  }
  return new Set(urls).size === urls.length ? null : 'An address stands there twice. Enter each stripe once'
}

/** Blobs are named here, or the history has their addresses: main says so by a fact. */
const fromBlobs: Condition = { fact: 'from-blobs' }

export const blobFields: readonly Field[] = [
  containerField({ field: 'filesWhere', is: ['container'] }),
  {
    kind: 'text',
    name: 'blobUrls',
    label: 'Addresses of the blobs',
    why: 'Whatever they are called: their headers say which backup they hold, and the drill compares that',
    rule: `One address per line, one for each stripe of the one chosen backup, at most ${mostStripes}. No token behind a ?`,
    hint: 'https://account.blob.core.windows.net/container/Sales.bak',
    maxLength: longest,
    mono: true,
    multiline: true,
    when: { field: 'filesWhere', is: ['blobs'] },
  },
  ...accessFields(fromBlobs, 'drillTarget'),
]
