import Button from '@mui/material/Button'
import type { GridColDef } from '@mui/x-data-grid'
import type { GroupRow, PackageRow, PageRequest } from '../../shared/ipc/schemas.ts'
import type { CeremonyView } from '../../shared/model/ceremony.ts'
import { hashOf, type EscrowPart } from '../app/routes.ts'
import { ask, useAsk } from '../bridge/index.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { count, localTime, withoutControls } from '../ui/format.ts'
import { ButtonRow, Column, Panel } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { TableWithDetails } from '../ui/TableWithDetails.tsx'
import { cutCell } from '../ui/table/cut-cell.tsx'
import { CheckShare } from './CheckShare.tsx'
import { groupStateMarks, groupStateWords, packageStateMarks } from './escrow-words.ts'
import { GroupDetails } from './GroupDetails.tsx'
import { PackageDetails } from './PackageDetails.tsx'
import { VerifyPackage } from './VerifyPackage.tsx'
import { WrapAnew } from './WrapAnew.tsx'

const groupColumns: readonly GridColDef<GroupRow>[] = [
  {
    field: 'name',
    headerName: 'Group',
    flex: 2,
    minWidth: 200,
    renderCell: cutCell<GroupRow>(({ name }) => withoutControls(name)),
  },
  {
    field: 'state',
    headerName: 'State',
    width: 132,
    renderCell: ({ row }) => (
      <StatusMark mark={groupStateMarks[row.state]} word={groupStateWords[row.state]} />
    ),
  },
  {
    field: 'needed',
    headerName: 'Needed',
    width: 96,
    renderCell: cutCell<GroupRow>(({ threshold, members }) => `${threshold} of ${members.length}`),
  },
  {
    field: 'holders',
    headerName: 'Holders',
    flex: 2,
    minWidth: 180,
    renderCell: cutCell<GroupRow>(({ members }) =>
      members.map(({ name }) => withoutControls(name)).join(', '),
    ),
  },
  {
    field: 'created',
    headerName: 'Made',
    width: 164,
    renderCell: cutCell<GroupRow>(({ created }) => localTime(created)),
  },
  { field: 'packages', headerName: 'Packages', width: 96, align: 'right', headerAlign: 'right' },
]

const packageColumns: readonly GridColDef<PackageRow>[] = [
  { field: 'id', headerName: 'Package', width: 164, renderCell: cutCell<PackageRow>(({ id }) => id) },
  {
    field: 'state',
    headerName: 'State',
    width: 124,
    renderCell: ({ row }) => <StatusMark mark={packageStateMarks[row.state]} word={row.state} />,
  },
  {
    field: 'group',
    headerName: 'Group',
    flex: 1,
    minWidth: 150,
    renderCell: cutCell<PackageRow>(({ group }) => withoutControls(group.name)),
  },
  {
    field: 'items',
    headerName: 'Holds',
    flex: 1,
    minWidth: 150,
    renderCell: cutCell<PackageRow>(({ items }) => items.map(withoutControls).join(', ')),
  },
  {
    field: 'places',
    headerName: 'Where',
    flex: 1,
    minWidth: 150,
    renderCell: cutCell<PackageRow>(({ places }) =>
      places.length === 0 ? 'nowhere known' : places.map(({ label }) => withoutControls(label)).join(', '),
    ),
  },
  {
    field: 'readBackAt',
    headerName: 'Read back',
    width: 164,
    renderCell: cutCell<PackageRow>(({ readBackAt }) =>
      readBackAt === null ? 'not read back' : localTime(readBackAt),
    ),
  },
]

const groupStates = ['in-ceremony', 'active', 'replaced', 'void'] as const
const packageStates = ['written', 'escrowed', 'replaced'] as const
const groupFilters = [
  { property: 'state', label: 'State', values: groupStates },
  { property: 'holders', label: 'Holders' },
  { property: 'created', label: 'Made', time: true },
] as const
const packageFilters = [
  { property: 'state', label: 'State', values: packageStates },
  { property: 'group', label: 'Group' },
  { property: 'readBackAt', label: 'Read back', time: true },
] as const

const loadGroups = (page: PageRequest) => ask('escrow.groups', { page })
const loadPackages = (page: PageRequest) => ask('escrow.packages', { page })
const idOf = ({ id }: { id: string }): string => id

/** A void ceremony leaves something to do: its sheets. */
const VoidCeremony = ({ ceremony }: { ceremony: CeremonyView }) => (
  <Panel aria-label="Void ceremony">
    <StatusMark
      mark="attention"
      word={`The ceremony of “${withoutControls(ceremony.name)}” is void; to be destroyed: ${count(ceremony.toDestroy.length, 'sheet')}`}
    />
    <Button variant="outlined" href={hashOf.escrow('ceremony')}>
      See which sheets
    </Button>
  </Panel>
)

/** A ceremony that is not over, or has left sheets, has to be seen from here. */
const OpenCeremony = () => {
  const { value } = useAsk('ceremony.state', {})
  const ceremony = value?.ceremony ?? null
  if (ceremony?.state === 'void' && ceremony.toDestroy.length > 0) return <VoidCeremony ceremony={ceremony} />
  if (ceremony === null || ceremony.state !== 'open') return null
  const readBack = ceremony.holders.filter(({ state }) => state === 'read-back').length
  return (
    <Panel aria-label="Open ceremony">
      <StatusMark
        mark="running"
        word={`The ceremony of “${withoutControls(ceremony.name)}” is not over: ${readBack} of ${ceremony.holders.length} shares read back`}
      />
      <p>Locking the keyring or closing the window makes it void.</p>
      <Button variant="contained" href={hashOf.escrow('ceremony')}>
        Go on with the ceremony
      </Button>
    </Panel>
  )
}

const replacedGroups: PageRequest = {
  sort: null,
  search: '',
  filters: [{ property: 'state', operator: 'is', value: 'replaced' }],
  offset: 0,
  limit: 100,
}

/** A group that was replaced leaves something to do as long as a package opens with its shares alone. */
const ToWrapAnew = () => {
  const { value } = useAsk('escrow.groups', { page: replacedGroups })
  const left = (value?.rows ?? []).filter(({ state, packages }) => state === 'replaced' && packages > 0)
  return left.length === 0 ? null : (
    <Panel aria-label="To be wrapped anew">
      {left.map(({ id, name, packages }) => (
        <ButtonRow key={id}>
          <StatusMark
            mark="attention"
            word={`“${withoutControls(name)}” was replaced; to be wrapped anew: ${count(packages, 'package')}`}
          />
          <WrapAnew group={id}>Wrap packages anew for another group</WrapAnew>
        </ButtonRow>
      ))}
    </Panel>
  )
}

const Lists = () => (
  <Column>
    <PageHeader
      title="Share groups and escrow packages of this profile"
      page="Escrow"
      purpose="Who together opens what is escrowed, and which packages were written for them. A package counts as escrowed when it was read back from where it is stored."
      actions={
        <>
          <Button variant="contained" href={hashOf.escrow('ceremony', 'new')}>
            Begin a share ceremony
          </Button>
          <Button variant="outlined" href={hashOf.newWizard('escrow-export')}>
            Write keys into a package
          </Button>
          <Button variant="outlined" href={hashOf.newWizard('escrow-drill')}>
            Hold a drill or recover
          </Button>
          <Button variant="outlined" href={hashOf.escrow('check')}>
            Check a share
          </Button>
          <Button variant="outlined" href={hashOf.escrow('verify')}>
            Verify a package
          </Button>
        </>
      }
    />
    <OpenCeremony />
    <ToWrapAnew />
    <TableWithDetails
      Details={GroupDetails}
      table="share-groups"
      title="Share groups"
      one="share group"
      columns={groupColumns}
      rowId={idOf}
      load={loadGroups}
      filterChoices={groupFilters}
      emptyEver={
        <EmptyState
          title="No share group yet"
          action={
            <Button variant="outlined" href={hashOf.escrow('ceremony', 'new')}>
              Begin a share ceremony
            </Button>
          }
        >
          A share group is made in a ceremony: each holder gets one share, and some of them together open
          every package of the group.
        </EmptyState>
      }
    />
    <TableWithDetails
      Details={PackageDetails}
      table="packages"
      title="Packages"
      one="package"
      columns={packageColumns}
      rowId={idOf}
      load={loadPackages}
      filterChoices={packageFilters}
      emptyEver={
        <EmptyState
          title="No package written yet"
          action={
            <Button variant="outlined" href={hashOf.newWizard('escrow-export')}>
              Write keys into a package
            </Button>
          }
        >
          Packages appear here when they are written, with each place they lie at and when they were read back
          from there.
        </EmptyState>
      }
    />
  </Column>
)

const EscrowPage = ({ part, about }: { part: EscrowPart | null; about: string | null }) => {
  if (part === 'check') return <CheckShare about={about} />
  if (part === 'verify') return <VerifyPackage />
  return <Lists />
}
export default EscrowPage
