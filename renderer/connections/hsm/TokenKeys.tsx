import Button from '@mui/material/Button'
import Link from '@mui/material/Link'
import type { GridColDef } from '@mui/x-data-grid'
import { useCallback, useState } from 'react'
import { pinWords } from '../../../shared/model/hsm.ts'
import type { PageRequest } from '../../../shared/ipc/schemas.ts'
import {
  copiesWords,
  type TokenKeyRow,
  type TokenKeysHead,
  type TokenLook,
} from '../../../shared/model/token-key.ts'
import { PageLoading } from '../../app/PageLoading.tsx'
import { hashOf } from '../../app/routes.ts'
import { ask, useAction, useAsk } from '../../bridge/index.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { Column, Panel, PanelHeading } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { TableWithDetails } from '../../ui/TableWithDetails.tsx'
import { withoutControls } from '../../ui/format.ts'
import { cutCell } from '../../ui/table/cut-cell.tsx'
import { ConnectionGone } from '../ConnectionGone.tsx'
import { ComparePanel } from './ComparePanel.tsx'
import { leavesMark } from './token-key-marks.ts'
import { TokenKeyDetails } from './TokenKeyDetails.tsx'

const columns: readonly GridColDef<TokenKeyRow>[] = [
  {
    field: 'label',
    headerName: 'Label',
    flex: 2,
    minWidth: 180,
    renderCell: cutCell<TokenKeyRow>(({ label }) => (label === '' ? 'none' : withoutControls(label))),
  },
  {
    field: 'leaves',
    headerName: 'Can it leave',
    width: 152,
    renderCell: ({ row }) => <StatusMark {...leavesMark(row)} />,
  },
  { field: 'kind', headerName: 'What is there', width: 148 },
  { field: 'algorithm', headerName: 'Algorithm', width: 104 },
  {
    field: 'notices',
    headerName: 'To look at',
    flex: 2,
    minWidth: 160,
    sortable: false,
    renderCell: cutCell<TokenKeyRow>(({ notices }) =>
      notices.length === 0 ? 'nothing' : notices.join('. '),
    ),
  },
  {
    field: 'copies',
    headerName: 'Elsewhere',
    width: 150,
    renderCell: cutCell<TokenKeyRow>(({ copies }) => copiesWords(copies)),
  },
  { field: 'id', headerName: 'Id', width: 150, renderCell: cutCell<TokenKeyRow>(({ id }) => id || 'none') },
  {
    field: 'print',
    headerName: 'Public key or check value',
    width: 200,
    renderCell: cutCell<TokenKeyRow>(({ print }) => print || 'none that the token gives'),
  },
]
const hiddenAtFirst = ['id', 'print'] as const
const filterChoices = [
  {
    property: 'leaves',
    label: 'Can it leave',
    values: ['yes', 'no longer', 'never', 'not said', 'public'],
  },
  {
    property: 'kind',
    label: 'What is there',
    values: ['key pair', 'private half alone', 'public half alone', 'secret key'],
  },
  { property: 'notices', label: 'To look at' },
  { property: 'id', label: 'Id' },
] as const

const idOf = (row: TokenKeyRow): string => row.mark
const nothing: PageRequest = { sort: null, search: '', filters: [], offset: 0, limit: 1 }

/** The state of the PIN comes first: what is pressed after it uses one attempt. */
const PinPanel = ({ look }: { look: TokenLook }) => (
  <Panel aria-labelledby="pin-heading">
    <PanelHeading id="pin-heading">PIN</PanelHeading>
    <StatusMark
      mark={
        look.pinPad
          ? 'failed'
          : look.pin === 'ok'
            ? 'ok'
            : look.pin === 'few-tries-left'
              ? 'attention'
              : 'failed'
      }
      word={look.pinPad ? 'It is typed at the device, which Keyturn can’t use' : pinWords[look.pin]}
    />
    {look.pinPad ? null : (
      <p>
        {look.pinKept
          ? 'Reading logs in with the kept PIN: one attempt, never repeated by itself. A last try is not used for it.'
          : 'No PIN is kept for this token. Enter it under Edit of the connection.'}
      </p>
    )}
  </Panel>
)

const Changed = ({ run }: { run: string }) => (
  <Panel aria-label="Older than a run">
    <StatusMark
      mark="old"
      word="A run is not finished, or worked on keys of this token since they were read"
    />{' '}
    <Link href={hashOf.run(run)}>Look at the run</Link>. Read them again before you decide anything.
  </Panel>
)

interface ListProps {
  id: string
  head: TokenKeysHead
  /** Logs in once and reads. */
  readKeys: () => Promise<void>
  onCompared: () => void
}

const Keys = ({ id, head, readKeys, onCompared }: ListProps) => {
  // Another number is another table: what it shows hangs on what was compared.
  const [round, setRound] = useState(0)
  const load = useCallback(
    async (page: PageRequest, again: boolean) => {
      if (again) await readKeys()
      return ask('hsm.keys', { id, page })
    },
    [id, readKeys],
  )
  return (
    <>
      {head.changedBy === null ? null : <Changed run={head.changedBy} />}
      <ComparePanel
        id={id}
        compared={head.compared}
        onCompared={() => {
          onCompared()
          setRound((old) => old + 1)
        }}
      />
      <TableWithDetails
        key={round}
        Details={TokenKeyDetails}
        table="token-keys"
        title="Keys of the token"
        one="key of the token"
        columns={columns}
        hiddenAtFirst={hiddenAtFirst}
        rowId={idOf}
        load={load}
        filterChoices={filterChoices}
        emptyEver={
          <EmptyState
            title="The token has no keys"
            action={
              <Button variant="contained" href={hashOf.newWizard('hsm-key')}>
                Make a key on the token
              </Button>
            }
          >
            It was read with its PIN, and showed none.
          </EmptyState>
        }
      />
    </>
  )
}

/** Every key of one token: read with its PIN when a person asks for it, and compared with what is elsewhere. */
export const TokenKeys = ({ id }: { id: string }) => {
  const list = useAsk('connections.list', {})
  const look = useAsk('hsm.look', { id })
  const held = useAsk('hsm.keys', { id, page: nothing })
  const { reload: lookAgain } = look
  const { reload: holdAgain } = held
  const readKeys = useCallback(async () => {
    try {
      await ask('hsm.readKeys', { id })
    } finally {
      // An attempt may have changed the state of the PIN, however it ended.
      lookAgain()
      holdAgain()
    }
  }, [id, lookAgain, holdAgain])
  const read = useAction(readKeys)
  if (list.value === null)
    return list.problem === null ? <PageLoading /> : <ProblemPanel problem={list.problem} />
  const connection = list.value.find((one) => one.connection.id === id)?.connection
  if (connection === undefined || connection.kind !== 'hsm') return <ConnectionGone />
  const name = withoutControls(connection.name)
  const by = held.value?.by ?? null
  return (
    <Column>
      <PageHeader
        title={
          <>
            Keys of <bdi>{name}</bdi>
            {by === null ? ': not read' : ''}
          </>
        }
        up={{ label: name, hash: hashOf.connection(id) }}
        page="Keys of the token"
        object={name}
        environment={connection.environment}
        purpose={
          by === null
            ? 'A token shows its private and secret keys only after its PIN. What was read is kept in memory until Keyturn ends.'
            : `As ${by} showed them, logged in.`
        }
      />
      {look.problem === null ? null : (
        <ProblemPanel
          problem={look.problem}
          actions={
            <Button variant="outlined" onClick={look.reload}>
              Look for the token again
            </Button>
          }
        />
      )}
      {look.value === null ? (
        look.problem === null ? (
          <p role="status">The token is asked for the state of its PIN …</p>
        ) : null
      ) : (
        <PinPanel look={look.value} />
      )}
      {read.problem === null ? null : <ProblemPanel problem={read.problem} />}
      {held.problem === null ? null : <ProblemPanel problem={held.problem} />}
      {held.value === null ? null : by === null ? (
        <EmptyState
          title="Not read since Keyturn started"
          action={
            <Button variant="contained" aria-disabled={read.busy} onClick={() => void read.run()}>
              {read.busy ? 'Reading …' : 'Log in and read the keys'}
            </Button>
          }
        >
          Class, type, label, id, public key and attributes of each key appear here; nothing of a private or
          secret key leaves the token.
        </EmptyState>
      ) : (
        <Keys id={id} head={held.value} readKeys={readKeys} onCompared={held.reload} />
      )}
    </Column>
  )
}
