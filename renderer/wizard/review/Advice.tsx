import Button from '@mui/material/Button'
import type { Blocker, Warning } from '../../../shared/model/plan.ts'
import type { FormDescription } from '../../../shared/forms/form.ts'
import { hashOf } from '../../app/routes.ts'
import { count, withoutControls } from '../../ui/format.ts'
import { ButtonRow, Panel, PanelHeading, PlainList } from '../../ui/Panel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'

interface Props {
  form: FormDescription
  onChange: (screen: string) => void
}

const ChangeButton = ({ screen, form, onChange, verb }: Props & { screen: string | null; verb: string }) => {
  const noun = form.screens.find(({ id }) => id === screen)?.noun
  return screen === null || noun === undefined ? null : (
    <Button size="small" variant="outlined" onClick={() => onChange(screen)}>
      {verb} “{noun}”
    </Button>
  )
}

/** What makes the run impossible: measured value, limit, and the way to the answer that mends it. */
export const Blockers = ({ blockers, ...rest }: Props & { blockers: readonly Blocker[] }) =>
  blockers.length === 0 ? null : (
    <Panel>
      <PanelHeading>{count(blockers.length, 'blocker')}: the run is not possible yet</PanelHeading>
      <PlainList sx={{ gap: '12px' }}>
        {blockers.map((blocker) => (
          <li key={`${blocker.what} ${blocker.measured}`}>
            <StatusMark mark="failed" word={withoutControls(blocker.what)} />
            <div>
              Measured: {withoutControls(blocker.measured)}. Needed: {withoutControls(blocker.limit)}.
            </div>
            <ButtonRow>
              <ChangeButton screen={blocker.screen} verb="Fix in" {...rest} />
              {blocker.doctor === undefined ? null : (
                <Button size="small" variant="text" href={hashOf.connection(blocker.doctor.id, 'ekm')}>
                  EKM doctor of {withoutControls(blocker.doctor.name)}
                </Button>
              )}
            </ButtonRow>
          </li>
        ))}
      </PlainList>
    </Panel>
  )

/** What is possible and has a cost: the choice stays with the answers, not with a tick here. */
export const Warnings = ({ warnings, ...rest }: Props & { warnings: readonly Warning[] }) =>
  warnings.length === 0 ? null : (
    <Panel>
      <PanelHeading>{count(warnings.length, 'warning')}</PanelHeading>
      <PlainList sx={{ gap: '12px' }}>
        {warnings.map((warning) => (
          <li key={warning.what}>
            <StatusMark mark="attention" word={withoutControls(warning.what)} />
            <div>{withoutControls(warning.why)}</div>
            <ChangeButton screen={warning.screen} verb="Change in" {...rest} />
          </li>
        ))}
      </PlainList>
    </Panel>
  )
