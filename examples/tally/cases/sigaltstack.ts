import { suite, tapCases } from 'cr-lab/case';

const test = suite('kselftest: sigaltstack');

tapCases(
  test,
  ['sas'],
  [
    'Initial sigaltstack state was SS_DISABLE',
    'sigaltstack is disabled in sighandler',
    'sigaltstack is still SS_AUTODISARM after signal',
  ],
);

test.run();
