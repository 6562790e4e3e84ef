import type { Answers, AnswerValue, Field, FactOption } from '../../shared/forms/form.ts'

/** What every kind of field gets. The value lives with whoever renders it. */
export interface FieldProps<Kind extends Field = Field> {
  field: Kind
  value: AnswerValue
  onChange: (value: AnswerValue) => void
  /** The words that also stand in the error summary. */
  error: string | null
  /** Why the present value was put in by Keyturn; null: the person chose it. */
  because?: string | null
  /** Rows of a pick field; null: not read yet. */
  options?: readonly FactOption[] | null
  /** The rows are not there because the server did not answer. */
  unread?: boolean
  /** The target that secrets and server paths of this form belong to; null: none chosen. */
  target?: string | null
  /** The other answers of the form, for a field that is checked against them. */
  answers?: Answers
}

/** Id of the control, or of the group, that takes focus for this field. */
export const fieldId = (name: string): string => `field-${name}`

export const textOf = (value: AnswerValue): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
