import OutlinedInput from '@mui/material/OutlinedInput'
import { useState } from 'react'
import type { TextField } from '../../shared/forms/form.ts'
import { describedBy, FieldShell } from './FieldShell.tsx'
import { fieldId, textOf, type FieldProps } from './field-props.ts'

/** Said on leaving the field only where no further typing could mend it. */
const cannotBecomeValid = (text: string, field: TextField): string | null => {
  if (text.trim().length > field.maxLength)
    return `${field.label} has ${text.trim().length} characters; ${field.maxLength} is the limit`
  if (/\p{Cc}/u.test(field.multiline ? text.replace(/[\r\n\t]/g, '') : text))
    return `${field.label} contains a control character`
  return null
}

/** A path or an address of which a field of the usual width would show only a part. */
const isLong = ({ mono, maxLength }: TextField): boolean => mono === true && maxLength >= 200

export const TextAnswer = ({ field, value, onChange, error, because = null }: FieldProps<TextField>) => {
  const [left, setLeft] = useState(false)
  const text = textOf(value)
  const shown = error ?? (left ? cannotBecomeValid(text, field) : null)
  return (
    <FieldShell
      texts={field}
      error={shown}
      because={because}
      wide={field.multiline === true || isLong(field)}
    >
      <OutlinedInput
        id={fieldId(field.name)}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onBlur={() => setLeft(text !== '')}
        error={shown !== null}
        multiline={field.multiline ?? false}
        minRows={field.multiline ? 3 : 1}
        fullWidth
        sx={field.mono ? { fontFamily: "'IBM Plex Mono', monospace" } : {}}
        inputProps={{
          'aria-describedby': describedBy(field, shown, because),
          'aria-invalid': shown !== null,
          spellCheck: false,
          autoComplete: 'off',
        }}
      />
    </FieldShell>
  )
}
