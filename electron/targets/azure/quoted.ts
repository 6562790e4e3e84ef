import type { PipelineRequest } from '@azure/core-rest-pipeline'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import { scrubbed } from '../../platform/scrub.ts'

/** A service's text without the token of its request, and without anything else that looks like one. */
export const withoutTokens = (text: string, request: PipelineRequest | undefined): string => {
  const sent = request?.headers.get('authorization')?.replace(/^\S+\s+/, '') ?? ''
  const looksLikeOne = /\beyJ[\w-]{10,}(\.[\w-]*){0,4}/g
  if (sent === '') return scrubbed(text, new Map()).replace(looksLikeOne, '«token»')
  using token = SecretBytes.fromText(sent)
  return scrubbed(text, new Map([['token', token]])).replace(looksLikeOne, '«token»')
}
