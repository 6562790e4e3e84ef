import type { FormFacts } from '../../../shared/forms/form.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Read } from './facts-model.ts'

/** `1.5 GB`: powers of 1024, one decimal from MB on. */
export const bytesText = (bytes: number): string => {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit < 2 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`
}

/** `1 copy`, `2 copies`. */
export const copiesText = (count: number): string => `${count} ${count === 1 ? 'copy' : 'copies'}`

/** A fact for the review; where it could not be read: why. */
export const note = <Value>(
  read: Read<Value>,
  statement: string,
  text: (value: Value) => string,
): Evidence => ({
  statement,
  value: read.read ? text(read.value) : read.because,
  source: read.source,
  at: read.at,
})

/** The same for the head of a screen. */
export const shownOf = <Value>(
  read: Read<Value>,
  label: string,
  text: (value: Value) => string,
): FormFacts['shown'][number] => {
  const { statement, ...rest } = note(read, label, text)
  return { label: statement, ...rest }
}
