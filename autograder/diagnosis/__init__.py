"""Why a function is wrong: the catalogue of mistakes, matching, shrinking, pictures. numpy alone."""
