"""The Java classes that the tooling asks for, by their full names.

A task names its own two, the model's class and DJL's translator factory, itself.
"""

ARCHIVE_EXCEPTION = "org.djlift.archive.ArchiveException"
SIGNATURE_REFUSED = "org.djlift.archive.SignatureRefusedException"
CALIBRATION = "org.djlift.data.Calibration"

HARNESS = "org.djlift.tooling.Harness"
TASK_HARNESS = "org.djlift.tooling.TaskHarness"
BENCH = "org.djlift.tooling.DjliftBench"
MATMUL = "org.djlift.tooling.BenchGemm"
PLAIN_DJL = "org.djlift.tooling.StockDoor"
PLAIN_DJL_TASKS = "org.djlift.tooling.StockTasks"
PLAIN_DJL_BENCH = "org.djlift.tooling.StockBench"
