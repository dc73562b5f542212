import { fixedSpec } from '@crpm/pipeline/build/fixed-spec';
import { expect, test } from 'vitest';

test('a spec asks neither the clock nor the host: libvirt’s lines', () => {
  const text = '%define when  %(date +"%%F-%%T")\n%define where %(hostname)\n%define who   %{?packager}%{!?packager:Unknown}\n';
  expect(fixedSpec(text)).toBe('%define when  %(date --utc --date=@1700000000 +"%%F-%%T")\n%define where crpm\n%define who   %{?packager}%{!?packager:Unknown}\n');
});

test.each([
  ['%(/usr/bin/date -u)', '%(/usr/bin/date --utc --date=@1700000000 -u)'],
  ['%( hostname -s )', 'crpm'],
  ['%(uname -n)', 'crpm'],
  ['%(date "+%%(x)" )', '%(date --utc --date=@1700000000 "+%%(x)" )'],
])('%s becomes %s', (before, after) => {
  expect(fixedSpec(before)).toBe(after);
});

test.each(['%(date -d @1 +%%Y)', '%(date --reference=x)', '%%(date)', '%(dateutils)', '%(hostnamectl)', '%(uname -r)', 'date +%F', 'hostname'])('%s stays', (text) => {
  expect(fixedSpec(text)).toBe(text);
});
