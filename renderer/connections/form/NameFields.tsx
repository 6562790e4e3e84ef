import type { ChoiceField, TextField } from '../../../shared/forms/form.ts'
import { ChoiceAnswer } from '../../fields/ChoiceAnswer.tsx'
import { TextAnswer } from '../../fields/TextAnswer.tsx'

type Environment = 'production' | 'test'

interface Props {
  fields: { name: TextField; environment: ChoiceField }
  form: { name: string; environment: Environment }
  change: (part: { name: string } | { environment: Environment }) => void
  errorOf: (field: string) => string | null
}

/** What every connection has: its name and its environment. */
export const NameFields = ({ fields, form, change, errorOf }: Props) => (
  <>
    <TextAnswer
      field={fields.name}
      value={form.name}
      onChange={(name) => change({ name: String(name) })}
      error={errorOf('name')}
    />
    <ChoiceAnswer
      field={fields.environment}
      value={form.environment}
      onChange={(environment) => change({ environment: environment === 'test' ? 'test' : 'production' })}
      error={errorOf('environment')}
    />
  </>
)
