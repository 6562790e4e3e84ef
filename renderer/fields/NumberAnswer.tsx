import InputAdornment from '@mui/material/InputAdornment'
import OutlinedInput from '@mui/material/OutlinedInput'
import type { NumberField } from '../../shared/forms/form.ts'
import { describedBy, FieldShell } from './FieldShell.tsx'
import { fieldId, textOf, type FieldProps } from './field-props.ts'

/** A whole number becomes a number; anything else stays as typed, so that main can name what is wrong with it. */
const valueOf = (text: string): number | string => (/^-?\d{1,9}$/.test(text.trim()) ? Number(text) : text)

export const NumberAnswer = ({ field, value, onChange, error, because = null }: FieldProps<NumberField>) => (
  <FieldShell texts={field} error={error} because={because}>
    <OutlinedInput
      id={fieldId(field.name)}
      value={textOf(value)}
      onChange={(event) => onChange(valueOf(event.target.value))}
      error={error !== null}
      sx={{ width: 200 }}
      endAdornment={<InputAdornment position="end">{field.unit}</InputAdornment>}
      inputProps={{
        inputMode: 'numeric',
        'aria-describedby': describedBy(field, error, because),
        'aria-invalid': error !== null,
        autoComplete: 'off',
      }}
    />
  </FieldShell>
)
