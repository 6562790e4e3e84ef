import { KeyturnError } from '../../../shared/errors/problem.ts'
import { operationWords, type Failure, type Operation } from './messages.ts'

/** Names that errors of a token's calls carry. */
export interface Named {
  token: string
  serial: string
  /** Path of the module. */
  path: string
}

export const hsmError = (
  { code, params, vendor }: Pick<Failure, 'code' | 'params' | 'vendor'>,
  op: Operation,
  named: Named,
  /** How the process ended, where that is all there is. */
  exit: string | null = null,
): KeyturnError =>
  new KeyturnError(
    code,
    {
      module: named.path,
      path: named.path,
      token: named.token,
      serial: named.serial,
      what: operationWords[op],
      ...defaults,
      ...params,
      state: stateWords[params['state'] ?? ''] ?? 'not known',
    },
    vendor !== null
      ? { vendor: { system: 'pkcs11', number: vendor.number, text: vendor.name } }
      : exit !== null
        ? { vendor: { system: 'os', number: exit } }
        : {},
  )

/** Where a token refuses a PIN without our having seen its limits. */
const defaults = { shortest: '1', longest: '255' } as const

const stateWords: Readonly<Record<string, string>> = {
  ok: 'no lack of tries is shown',
  'few-tries-left': 'few tries are left',
  'last-try': 'one try is left',
  locked: 'locked',
  'not-initialised': 'no PIN is set',
}

/** An error of ours without a vendor's answer. */
export const plainError = (
  code: Failure['code'],
  op: Operation,
  named: Named,
  params: Record<string, string> = {},
): KeyturnError => hsmError({ code, params, vendor: null }, op, named)
