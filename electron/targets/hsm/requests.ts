import type { HsmSecretUse, HsmUnwrapped } from '../../ports/hsm.ts'
import { plainError, type Named } from './errors.ts'
import { limits, type Operation, type Takes } from './messages.ts'

interface NewKey {
  label: string
  id: string
  extractable: boolean
}

interface Secret extends NewKey {
  kept: 'token' | 'session'
  uses: readonly HsmSecretUse[]
}

/** Checks what a caller asks for before it goes to the module's process: `hsm-request` names the field. */
export const checked = (named: Named) => {
  const refuse = (op: Operation, field: string): never => {
    throw plainError('hsm-request', op, named, { field })
  }
  const label = (op: Operation, text: string): string => {
    const bytes = Buffer.byteLength(text)
    // What a token shows as empty, or what cuts a line in another program, is no name.
    if (bytes === 0 || bytes > limits.label || !text.isWellFormed() || /[\p{Cc}\u2028\u2029]/u.test(text))
      refuse(op, 'label')
    return text
  }
  const id = (op: Operation, hex: string): string => {
    if (!/^([0-9a-f]{2}){1,32}$/i.test(hex)) refuse(op, 'id')
    return hex.toLowerCase()
  }
  /** A key that stays on the token must be found again by its id. */
  const nameOf = (op: Operation, key: NewKey, kept: 'token' | 'session'): NewKey => ({
    label: label(op, key.label),
    id: kept === 'session' && key.id === '' ? '' : id(op, key.id),
    extractable: key.extractable,
  })
  const bytes = <Field extends string>(
    op: Operation,
    field: Field,
    value: Record<Field, Uint8Array>,
    most: number,
  ): Record<Field, Uint8Array> => {
    const { length } = value[field]
    return length === 0 || length > most ? refuse(op, field) : value
  }
  return {
    id,
    label,
    bytes,
    data: (op: Operation, data: Uint8Array) => (data.length > limits.data ? refuse(op, 'data') : { data }),
    newKey: <Request extends NewKey>(op: Operation, request: Request): Request => ({
      ...request,
      ...nameOf(op, request, 'token'),
    }),
    secret: <Request extends Secret>(
      op: Operation,
      request: Request,
    ): Omit<Request, 'uses'> & { uses: HsmSecretUse[] } => ({
      ...request,
      ...nameOf(op, request, request.kept),
      uses: [...request.uses],
    }),
    unwrapped: (as: HsmUnwrapped): Takes<'unwrap'>['as'] => {
      const common = { kept: as.kept, ...nameOf('unwrap', as, as.kept) }
      return as.class === 'private'
        ? { ...common, class: as.class, type: as.type }
        : { ...common, class: as.class, type: as.type, uses: [...as.uses] }
    },
  }
}
