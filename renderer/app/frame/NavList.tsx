import { styled } from '@mui/material/styles'
import { useRoute } from '../routes.ts'
import { destinations } from './destinations.ts'

const List = styled('ul')({ listStyle: 'none', padding: 8, display: 'flex', flexDirection: 'column', gap: 2 })
const Item = styled('a')(({ theme }) => ({
  display: 'flex',
  alignItems: 'center',
  gap: 12,
  minHeight: 36,
  padding: '6px 12px',
  borderRadius: 4,
  color: theme.vars.palette.text.primary,
  textDecoration: 'none',
  borderInlineStart: '3px solid transparent',
  '&:hover': { backgroundColor: theme.vars.palette.surface.raised },
  '&[aria-current]': {
    backgroundColor: theme.vars.palette.surface.selected,
    borderInlineStartColor: theme.vars.palette.primary.main,
    fontWeight: 600,
  },
}))
/** Below 1100 px only the icons show; the word stays for screen readers and as the title. */
const Label = styled('span')<{ folding: boolean }>(({ folding }) =>
  folding
    ? {
        '@media (max-width: 1099.95px)': {
          position: 'absolute',
          width: 1,
          height: 1,
          overflow: 'hidden',
          clipPath: 'inset(50%)',
        },
      }
    : {},
)

/** Where one can go. `folding`: words give way to icons in a narrower window. */
export const NavList = ({ folding, onGo }: { folding: boolean; onGo?: () => void }) => {
  const { page } = useRoute()
  return (
    <List>
      {destinations.map(({ label, hash, Icon, pages, below }) => (
        <li key={hash}>
          <Item
            href={hash}
            title={folding ? label : undefined}
            aria-current={pages.includes(page) ? 'page' : below?.includes(page) ? 'true' : undefined}
            onClick={onGo}
          >
            <Icon sx={{ fontSize: 20 }} aria-hidden />
            <Label folding={folding}>{label}</Label>
          </Item>
        </li>
      ))}
    </List>
  )
}
