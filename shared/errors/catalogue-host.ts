import { defineErrors } from './catalogue-entry.ts'

/** What happens, or does not, on the Windows host of a SQL Server. */
export const hostErrors = defineErrors({
  'host-step-waits': {
    kind: 'refused',
    title: '«what» waits for a person: Keyturn does not reach «host» with PowerShell',
    unchanged: 'Nothing was changed by this step; what the steps before it did stays',
    causes: ['«because»'],
    next: '«how»',
    retrySafe: true,
  },
  'host-step-not-done': {
    kind: 'refused',
    title: '«what» is not done on «host»: «found»',
    unchanged: 'This step changed nothing more',
    causes: ['The script stopped before its end', 'It ran on another computer', 'Somebody changed it since'],
    next: 'Run the script of this step on «host» as an administrator, look at its output, then retry the step',
    retrySafe: true,
  },
  'host-result-file': {
    kind: 'broken',
    title: 'The result file «file» can’t be used: «why»',
    unchanged: 'Nothing was changed; the file is as it was',
    causes: ['It is of another run or step', 'It was cut or changed', 'The script ran on another computer'],
    next: 'Run the script of this step again on the server’s host, put the new result file in its place, then retry',
    retrySafe: true,
  },
  'host-not-reachable': {
    kind: 'refused',
    title: 'Nothing was asked of the Windows host of «target»',
    unchanged: 'Nothing was changed there',
    causes: ['«because»'],
    next: 'Run the script of the step on the host itself, or start Keyturn there',
    retrySafe: true,
  },
  'host-not-started': {
    kind: 'broken',
    title: 'Windows PowerShell did not start on this computer',
    unchanged: 'Nothing was changed',
    causes: ['powershell.exe is not there', 'A policy of this computer forbids it'],
    next: 'Run the script of the step by hand in Windows PowerShell, as an administrator',
    retrySafe: true,
  },
  'host-refused': {
    kind: 'refused',
    title: '«host» did not carry out «call»: «why»',
    unchanged: 'Calls of the step that went before this one are done; this one and those after it are not',
    causes: ['«said»', 'The account that Keyturn runs as is no administrator there'],
    next: 'Start Keyturn as an administrator on the host, or run the script of the step there; then retry',
    retrySafe: true,
  },
  'host-answer': {
    kind: 'broken',
    title: 'The answer of «host» to «call» was not understood',
    unchanged: 'What was asked may have been done: the step reads it again before it goes on',
    causes: ['The output was cut', 'Something else wrote into it'],
    next: 'Retry the step; where it happens again, run its script by hand',
    retrySafe: true,
  },
  'host-timeout': {
    kind: 'unreachable',
    title: '«host» was still at work after «seconds» s',
    unchanged: 'What was asked may have been done: the step reads it again before it goes on',
    causes: ['The service takes long to stop', 'A setup waits for an answer on its screen'],
    next: 'Look at the host, then retry the step',
    retrySafe: true,
  },
})
