/**
 * Runs before each test file. The simulated server keeps what is under a password at a cost that takes 40 ms; in a
 * test of a job, whose server is gone with it, that is most of the time of a statement. Each kept secret says its
 * cost, and is opened at that. What is spawned as a process of its own has the standard cost, and `wrap.test.ts` sees
 * to that.
 */
import { costAsLittleAsCanBe } from '../../sandbox/sqlserver/files/wrap.ts'

costAsLittleAsCanBe()
