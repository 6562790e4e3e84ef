import { styled } from '@mui/material/styles'
import { ChoiceAnswer } from '../../fields/ChoiceAnswer.tsx'
import { TextAnswer } from '../../fields/TextAnswer.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import type { FormState } from './form-state.ts'
import { FormSection } from './FormSection.tsx'
import type { PartProps } from './ServerFields.tsx'
import { fields } from './texts.ts'

const Consequence = styled('div')(({ theme }) => ({
  border: `1px solid ${theme.vars.palette.status.attention}`,
  borderInlineStartWidth: 4,
  borderRadius: 4,
  backgroundColor: theme.vars.palette.tint.attention,
  padding: 16,
  maxWidth: 720,
  '&& > * + *': { marginTop: 8 },
}))

const Trust = ({ form, change, errorOf }: PartProps) => (
  <>
    <ChoiceAnswer
      field={fields.trust}
      value={form.trust}
      onChange={(trust) => change({ trust: trust as FormState['trust'] })}
      error={errorOf('encryption.trust')}
    />
    {form.trust === 'ca' ? (
      <TextAnswer
        field={fields.pem}
        value={form.pem}
        onChange={(pem) => change({ pem: String(pem) })}
        error={errorOf('encryption.trust.pem')}
      />
    ) : null}
    {form.trust === 'pin' ? (
      <TextAnswer
        field={fields.sha256}
        value={form.sha256}
        onChange={(sha256) => change({ sha256: String(sha256) })}
        error={errorOf('encryption.trust.sha256')}
      />
    ) : (
      <TextAnswer
        field={fields.certificateName}
        value={form.certificateName}
        onChange={(certificateName) => change({ certificateName: String(certificateName) })}
        error={errorOf('certificateName')}
      />
    )}
  </>
)

/** How the connection is encrypted, and whom it trusts. Off has its consequence beside it. */
export const EncryptionFields = (props: PartProps) => {
  const { form, change, errorOf } = props
  return (
    <FormSection title="Encryption and trust">
      <ChoiceAnswer
        field={fields.mode}
        value={form.mode}
        onChange={(mode) => change({ mode: mode as FormState['mode'] })}
        error={errorOf('encryption.mode')}
      />
      {form.mode === 'off' ? (
        <>
          <Consequence>
            <StatusMark mark="attention" word="Everything crosses the network readable" />
            <p>
              The password, every statement, and the private keys that a job fetches can be read and changed
              by whoever is on the way. Nobody can tell afterwards whether that happened.
            </p>
          </Consequence>
          <TextAnswer
            field={fields.acceptedInWords}
            value={form.acceptedInWords}
            onChange={(acceptedInWords) => change({ acceptedInWords: String(acceptedInWords) })}
            error={errorOf('encryption.acceptedInWords')}
          />
        </>
      ) : (
        <Trust {...props} />
      )}
    </FormSection>
  )
}
