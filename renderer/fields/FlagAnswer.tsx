import type { FlagField } from '../../shared/forms/form.ts'
import { Muted } from '../ui/Panel.tsx'
import { FieldShell } from './FieldShell.tsx'
import { fieldId, type FieldProps } from './field-props.ts'
import { OptionList, OptionRow } from './OptionRow.tsx'

/** One tick with what it does to the script. */
export const FlagAnswer = ({ field, value, onChange, error, because = null }: FieldProps<FlagField>) => (
  <FieldShell texts={field} error={error} because={because} group="group">
    <OptionList>
      <OptionRow
        type="checkbox"
        name={fieldId(field.name)}
        checked={value === true}
        onChange={(checked) => onChange(checked)}
        label={field.label}
      >
        <Muted>Script: {field.effect}</Muted>
      </OptionRow>
    </OptionList>
  </FieldShell>
)
