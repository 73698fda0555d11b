"""Everything that ties this project to the inside of ministack, in one place.

What the relay needs besides what ministack does by itself:

- `access`: an administrator whose signature is checked, instead of keys that anybody knows;
- `recording`: every call that IAM judged, written down when asked for;
- `sagemaker`: SageMaker's APIs forwarded to the local SageMaker, under IAM;
- `events`: the door by which `aws.*` events enter, CloudFormation's `AWS::Events::Archive`;
- `glue`: Glue's jobs, really run, and the event of their end;
- `functions`: URLs on the one port, workers that see their layers alone, prompt queues;
- `queues`: standard queues that are fair to the groups of their messages;
- `metrics`: metrics out of logs and queues, alarms that keep to their dimensions;
- `storage`: SSE-KMS without a key, transactions that are sent again;
- `state`: state written down while running, not at the end alone.

Every name used is looked up before anything starts (`inside.NAMES`), so that another version of
ministack fails with a list of what changed instead of somewhere in the middle.
"""
