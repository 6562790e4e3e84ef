import { ChoiceAnswer } from '../../fields/ChoiceAnswer.tsx'
import { TextAnswer } from '../../fields/TextAnswer.tsx'
import type { FormState } from './form-state.ts'
import { FormSection } from './FormSection.tsx'
import { NameFields } from './NameFields.tsx'
import { fields } from './texts.ts'

export interface PartProps {
  form: FormState
  change: (part: Partial<FormState>) => void
  /** The words at a field; null: none. */
  errorOf: (field: string) => string | null
}

/** Name, environment, and where the instance is. */
export const ServerFields = ({ form, change, errorOf }: PartProps) => (
  <FormSection title="Server">
    <NameFields fields={fields} form={form} change={change} errorOf={errorOf} />
    <TextAnswer
      field={fields.host}
      value={form.host}
      onChange={(host) => change({ host: String(host) })}
      error={errorOf('host')}
    />
    <ChoiceAnswer
      field={fields.place}
      value={form.place}
      onChange={(place) => change({ place: place === 'instance' ? 'instance' : 'port' })}
      error={null}
    />
    {form.place === 'port' ? (
      <TextAnswer
        field={fields.port}
        value={form.port}
        onChange={(port) => change({ port: String(port) })}
        error={errorOf('port')}
      />
    ) : (
      <TextAnswer
        field={fields.instanceName}
        value={form.instanceName}
        onChange={(instanceName) => change({ instanceName: String(instanceName) })}
        error={errorOf('instanceName')}
      />
    )}
  </FormSection>
)
