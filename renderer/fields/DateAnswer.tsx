import OutlinedInput from '@mui/material/OutlinedInput'
import type { DateField } from '../../shared/forms/form.ts'
import { describedBy, FieldShell } from './FieldShell.tsx'
import { fieldId, textOf, type FieldProps } from './field-props.ts'

/** `YYYY-MM-DD`, typed by parts or picked from the browser's own calendar. */
export const DateAnswer = ({ field, value, onChange, error, because = null }: FieldProps<DateField>) => (
  <FieldShell texts={field} error={error} because={because}>
    <OutlinedInput
      id={fieldId(field.name)}
      type="date"
      value={textOf(value)}
      onChange={(event) => onChange(event.target.value)}
      error={error !== null}
      sx={{ width: 200 }}
      inputProps={{ 'aria-describedby': describedBy(field, error, because), 'aria-invalid': error !== null }}
    />
  </FieldShell>
)
