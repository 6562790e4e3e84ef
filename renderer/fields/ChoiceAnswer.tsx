import type { ChoiceField } from '../../shared/forms/form.ts'
import { Muted } from '../ui/Panel.tsx'
import { FieldShell } from './FieldShell.tsx'
import { fieldId, type FieldProps } from './field-props.ts'
import { OptionList, OptionRow } from './OptionRow.tsx'

export const ChoiceAnswer = ({ field, value, onChange, error, because = null }: FieldProps<ChoiceField>) => (
  <FieldShell texts={field} error={error} because={because} group="radiogroup">
    {field.options.length === 0 ? null : (
      <OptionList>
        {field.options.map((option) => (
          <OptionRow
            key={option.value}
            type="radio"
            name={fieldId(field.name)}
            checked={value === option.value}
            onChange={() => onChange(option.value)}
            label={option.label}
          >
            {option.detail === undefined ? undefined : <Muted>{option.detail}</Muted>}
          </OptionRow>
        ))}
      </OptionList>
    )}
  </FieldShell>
)
