"""Where reports and their jobs are found."""


def report_path(chamber: str, report_id: str) -> str:
    """Address of a report."""
    return f"/v1/chambers/{chamber}/reports/{report_id}"


def job_path(chamber: str, job_id: str) -> str:
    """Address of a render job."""
    return f"/v1/chambers/{chamber}/render-jobs/{job_id}"
