import { ChoiceAnswer } from './ChoiceAnswer.tsx'
import { DateAnswer } from './DateAnswer.tsx'
import type { FieldProps } from './field-props.ts'
import { FlagAnswer } from './FlagAnswer.tsx'
import { NumberAnswer } from './NumberAnswer.tsx'
import { PickAnswer } from './PickAnswer.tsx'
import { PlaceAnswer } from './PlaceAnswer.tsx'
import { SecretAnswer } from './SecretAnswer.tsx'
import { ServerPathAnswer } from './ServerPathAnswer.tsx'
import { ShareAnswer } from './ShareAnswer.tsx'
import { TextAnswer } from './TextAnswer.tsx'

/** Any field of a form description. */
export const AnswerField = (props: FieldProps) => {
  const { field, ...rest } = props
  switch (field.kind) {
    case 'text':
      return <TextAnswer field={field} {...rest} />
    case 'number':
      return <NumberAnswer field={field} {...rest} />
    case 'choice':
      return <ChoiceAnswer field={field} {...rest} />
    case 'flag':
      return <FlagAnswer field={field} {...rest} />
    case 'pick':
      return <PickAnswer field={field} {...rest} />
    case 'secret':
      return <SecretAnswer field={field} {...rest} />
    case 'share':
      return <ShareAnswer field={field} {...rest} />
    case 'server-path':
      return <ServerPathAnswer field={field} {...rest} />
    case 'place':
      return <PlaceAnswer field={field} {...rest} />
    case 'date':
      return <DateAnswer field={field} {...rest} />
  }
}
