import Button from '@mui/material/Button'
import type { PlaceField } from '../../shared/forms/form.ts'
import { useAction, useAsk } from '../bridge/index.ts'
import { PathText } from '../ui/PathText.tsx'
import { ButtonRow } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { FieldShell } from './FieldShell.tsx'
import { fieldId, type FieldProps } from './field-props.ts'
import { usePlacePicker } from './use-place-picker.tsx'

/** A folder of this computer, picked through main. The answer is an id. */
export const PlaceAnswer = ({ field, value, onChange, error, because = null }: FieldProps<PlaceField>) => {
  const place = typeof value === 'string' && value !== '' ? value : null
  const label = useAsk('places.label', place === null ? null : { place })
  const picker = usePlacePicker()
  const choose = useAction(async () => {
    const chosen = await picker.pick(field.name)
    if (chosen) onChange(chosen.id)
  })
  const gone = label.state === 'ready' && label.value?.label === null
  return (
    <FieldShell texts={field} error={error} because={because} group="group" wide>
      {place === null ? null : gone ? (
        <StatusMark mark="old" word="The folder chosen before is not known any more; choose it again" />
      ) : (
        <PathText path={label.value?.label ?? ''} />
      )}
      <ButtonRow>
        <Button variant="outlined" id={`${fieldId(field.name)}-choose`} onClick={() => void choose.run()}>
          {place === null ? 'Choose folder' : 'Choose another folder'}
        </Button>
        {place === null ? null : (
          <Button variant="text" onClick={() => onChange(null)}>
            Choose none
          </Button>
        )}
      </ButtonRow>
      {choose.problem === null ? null : <ProblemPanel problem={choose.problem} />}
      {picker.dialog}
    </FieldShell>
  )
}
