import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'

/** An answer in the form of the blob service. */
export interface StorageRefusal {
  status: number
  code: string
  message: string
  headers?: Readonly<Record<string, string>>
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const sendRefusal = (
  response: ServerResponse,
  method: string,
  { status, code, message, headers }: StorageRefusal,
): void => {
  const id = randomUUID()
  const body = `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${escaped(code)}</Code><Message>${escaped(message)}\nRequestId:${id}\nTime:${new Date().toISOString()}</Message></Error>`
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    'x-ms-error-code': code,
    'x-ms-request-id': id,
    date: new Date().toUTCString(),
    ...headers,
  })
  response.end(method === 'HEAD' ? '' : body)
}

/** A wrong signature, one for something else, or one that has ended. */
export const authenticationFailed: StorageRefusal = {
  status: 403,
  code: 'AuthenticationFailed',
  message:
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
}

export const authorizationFailure: StorageRefusal = {
  status: 403,
  code: 'AuthorizationFailure',
  message: 'This request is not authorized to perform this operation.',
}

export const permissionMismatch: StorageRefusal = {
  status: 403,
  code: 'AuthorizationPermissionMismatch',
  message: 'This request is not authorized to perform this operation using this permission.',
}

export const keysNotPermitted: StorageRefusal = {
  status: 403,
  code: 'KeyBasedAuthenticationNotPermitted',
  message: 'Key based authentication is not permitted on this storage account.',
}

export const immutable: StorageRefusal = {
  status: 409,
  code: 'BlobImmutableDueToPolicy',
  message: 'This operation is not permitted as the blob is immutable due to a policy.',
}
