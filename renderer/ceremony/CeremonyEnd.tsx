import Button from '@mui/material/Button'
import type { CeremonyView, VoidReason } from '../../shared/model/ceremony.ts'
import { hashOf } from '../app/routes.ts'
import { useAsk } from '../bridge/index.ts'
import { SaveCeremony } from '../escrow/SaveCeremony.tsx'
import { WrapAnew } from '../escrow/WrapAnew.tsx'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow, Panel } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Holders, SheetsToDestroy, Sides, Stage } from './parts.tsx'

const because: Readonly<Record<VoidReason, string>> = {
  stopped: 'it was stopped',
  locked: 'the keyring was locked in the middle of it',
  closed: 'the window was closed in the middle of it',
  interrupted: 'Keyturn ended in the middle of it',
  failed: 'the shares were not made',
}

/** How a ceremony ended, as a fact, with what has to be done next. */
export const CeremonyEnd = ({ ceremony }: { ceremony: CeremonyView }) => {
  const { holders, threshold } = ceremony
  const name = withoutControls(ceremony.name)
  const active = ceremony.state === 'active'
  const replaced = active ? ceremony.replaces : null
  const old = useAsk('escrow.group', replaced === null ? null : { group: replaced.id })
  // Where it could not be read the way there is shown: too many doors lose no key.
  const wrapsAnew = replaced !== null && (old.value === null ? old.problem !== null : old.value.packages > 0)
  return (
    <Stage>
      <PageHeader
        title={
          active
            ? `The group “${name}” is active: ${holders.length} shares were read back`
            : `The ceremony of “${name}” is void: ${because[ceremony.because ?? 'stopped']}`
        }
        page="Share ceremony"
        object={name}
      />
      <Sides>
        <Panel aria-label="What came of it">
          <Facts
            facts={[
              [
                'Opens its packages',
                active
                  ? `any ${threshold} of ${holders.length} shares together`
                  : 'nothing: its shares are void',
              ],
              ['Group id', ceremony.group],
              ['Begun', <FactTime key="began" at={ceremony.began} />],
              ['Ended', <FactTime key="ended" at={ceremony.ended} />],
              [
                'Takes the place of',
                ceremony.replaces === null
                  ? 'no group'
                  : active
                    ? `“${withoutControls(ceremony.replaces.name)}”, which is replaced; its packages are to be wrapped anew`
                    : `nothing: “${withoutControls(ceremony.replaces.name)}” is as it was`,
              ],
            ]}
          />
          <p>
            {active
              ? 'Keyturn has wiped what was split. Between now and a recovery nobody holds what opens a package of this group.'
              : 'No package was made for this group. A new ceremony makes new shares; these open nothing.'}
          </p>
          <SaveCeremony group={ceremony.group} />
        </Panel>
        <Holders ceremony={ceremony} />
      </Sides>
      <SheetsToDestroy sheets={ceremony.toDestroy} />
      {replaced !== null && wrapsAnew ? (
        <Panel aria-label="Next">
          <p>
            Packages of “{withoutControls(replaced.name)}” still open with its shares, and not with the new
            ones. Have them wrapped anew while its holders are there; until then every old share is needed.
          </p>
          <WrapAnew group={replaced.id} variant="contained">
            Wrap packages anew for the new group
          </WrapAnew>
        </Panel>
      ) : null}
      <ButtonRow>
        <Button variant={wrapsAnew ? 'outlined' : 'contained'} href={hashOf.escrow()}>
          Go to Escrow
        </Button>
        <Button variant="outlined" href={hashOf.escrow('ceremony', 'new')}>
          Begin another ceremony
        </Button>
      </ButtonRow>
    </Stage>
  )
}
