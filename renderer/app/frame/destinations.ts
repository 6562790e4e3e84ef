import OverviewIcon from '@mui/icons-material/SpaceDashboardOutlined'
import SetupIcon from '@mui/icons-material/BuildOutlined'
import KeysIcon from '@mui/icons-material/VpnKeyOutlined'
import BackupsIcon from '@mui/icons-material/RestorePageOutlined'
import EscrowIcon from '@mui/icons-material/Inventory2Outlined'
import CalendarIcon from '@mui/icons-material/CalendarMonthOutlined'
import AuditIcon from '@mui/icons-material/ReceiptLongOutlined'
import ConnectionsIcon from '@mui/icons-material/DnsOutlined'
import SettingsIcon from '@mui/icons-material/SettingsOutlined'
import type { Route } from '../routes.ts'

export interface Destination {
  label: string
  hash: string
  Icon: typeof OverviewIcon
  pages: readonly Route['page'][]
  /** Pages one level below, that belong to it: a run belongs to the job that it runs. */
  below?: readonly Route['page'][]
}

/** The same order on every page. */
export const destinations: readonly Destination[] = [
  { label: 'Overview', hash: '#/overview', Icon: OverviewIcon, pages: ['overview', 'locked'] },
  { label: 'Set up', hash: '#/setup', Icon: SetupIcon, pages: ['setup'], below: ['wizard', 'run'] },
  { label: 'Keys', hash: '#/keys', Icon: KeysIcon, pages: ['keys'] },
  { label: 'Backups & recovery', hash: '#/backups', Icon: BackupsIcon, pages: ['backups'] },
  { label: 'Escrow', hash: '#/escrow', Icon: EscrowIcon, pages: ['escrow'] },
  { label: 'Calendar', hash: '#/calendar', Icon: CalendarIcon, pages: ['calendar'] },
  { label: 'Audit', hash: '#/audit', Icon: AuditIcon, pages: ['audit'] },
  { label: 'Connections', hash: '#/connections', Icon: ConnectionsIcon, pages: ['connections'] },
  { label: 'Settings', hash: '#/settings', Icon: SettingsIcon, pages: ['settings', 'passwords'] },
]
